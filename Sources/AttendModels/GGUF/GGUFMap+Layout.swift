import AttendBase
import AttendNN
import AttendTensor

extension GGUFMap.Layout {
  /// Which row of the file's tensor each row of the parameter is.
  ///
  /// GGUF's rotary channels are neighbours (2i, 2i + 1) of each head, which are (i, i + width/2) here; a fused projection's
  /// rows are (part, head, channel) there and (head, part, channel) here.
  /// - Parameter rows: of the parameter; of a vector its elements.
  /// - Throws: `damaged-file` when they do not divide into heads.
  func order(
    rows: Int, heads: (query: Int, key: Int), name: String, origin: String
  ) throws(AttendError) -> [Int] {
    switch self {
    case .rotaryQueries, .rotaryKeys:
      let heads = self == .rotaryQueries ? heads.query : heads.key
      let (half, rest) = rows.quotientAndRemainder(dividingBy: max(2 * heads, 1))
      guard heads > 0, rest == 0 else {
        throw AttendError(
          .damagedFile, "\(origin): \(name) has \(rows) rows, not an even number for each of \(heads) heads")
      }
      return (0..<rows).map { row in
        let (head, inHead) = row.quotientAndRemainder(dividingBy: 2 * half)
        let (part, pair) = inHead.quotientAndRemainder(dividingBy: half)
        return head * 2 * half + 2 * pair + part
      }
    case .headByHead:
      let (width, rest) = rows.quotientAndRemainder(dividingBy: max(3 * heads.query, 1))
      guard heads.query > 0, rest == 0 else {
        throw AttendError(
          .damagedFile,
          "\(origin): \(name) has \(rows) rows, not three equal parts for each of \(heads.query) heads")
      }
      return (0..<rows).map { row in
        let (head, part, channel) = (row / (3 * width), row / width % 3, row % width)
        return (part * heads.query + head) * width + channel
      }
    case .same, .transposed, .plusOne, .stacked, .oneRow: return Array(0..<rows)
    }
  }

  /// A parameter as the file keeps it, the inverse of what ``CheckpointWeights`` does; `plusOne` is left to the caller.
  func stored(
    _ weight: StoredWeight, heads: (query: Int, key: Int), name: String, origin: String
  ) throws(AttendError) -> StoredWeight {
    switch self {
    case .same, .plusOne, .stacked: return weight
    case .oneRow:
      let isRow = weight.shape.count == 2 && weight.shape[0] == 1
      return StoredWeight(shape: isRow ? [weight.shape[1]] : weight.shape, source: weight.source)
    case .transposed:
      guard weight.shape.count == 2 else { return weight }
      return StoredWeight(shape: weight.shape.reversed(), source: weight.source.transposed())
    case .rotaryQueries, .rotaryKeys, .headByHead:
      let order = try order(rows: weight.shape.first ?? 0, heads: heads, name: name, origin: origin)
      var inverse = order
      for (row, place) in order.enumerated() { inverse[place] = row }
      return weight.source.reordered(inverse, shape: weight.shape)
    }
  }
}

extension MatrixSource {
  /// The rows of a matrix, or the elements of a vector, in another order.
  func reordered(_ order: [Int], shape: [Int]) -> StoredWeight {
    guard shape.count == 1 else { return StoredWeight(shape: shape, source: reordered(order)) }
    let values = expanded().scalars(Float.self)
    let reordered = Tensor(order.map { values[$0] }, shape: [1, shape[0]])
    return StoredWeight(shape: shape, source: MatrixSource(reordered))
  }
}
