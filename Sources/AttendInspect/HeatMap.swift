/// Labelled rows and columns of numbers from 0 to 1, to be drawn: attention weights, alignments.
public struct HeatMap: Sendable {
  public var title: String
  public var rows: [String]
  public var columns: [String]
  /// `[row][column]`; what is below 0, above 1 or no number is drawn as the nearest of them.
  public var values: [[Float]]

  /// - Parameter values: one array for each row, one number for each column.
  public init(title: String = "", rows: [String], columns: [String], values: [[Float]]) {
    precondition(values.count == rows.count, "one array of values for each row")
    precondition(values.allSatisfy { $0.count == columns.count }, "one value for each column")
    self.title = title
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  func strength(_ row: Int, _ column: Int) -> Float {
    let value = values[row][column]
    return value > 0 ? min(value, 1) : 0
  }
}
