import AttendBase
import AttendFormats
import AttendTensor

/// A folder of `Fixtures/golden`: a tiny checkpoint and what the reference implementation makes of it.
public struct Golden: Sendable {
  public let name: String
  public let checkpoint: Checkpoint
  private let data: TensorDirectory

  public init(_ name: String) throws {
    self.name = name
    let folder = Fixtures.path("golden/\(name)")
    checkpoint = try Checkpoint(path: folder)
    data = try SafetensorsFile(path: folder + "/golden.safetensors").tensors
  }

  public var names: [String] { Array(data.names) }

  public func contains(_ name: String) -> Bool { data.contains(name) }

  public func shape(_ name: String) throws -> [Int] { try data.tensor(name).shape }

  public func floats(_ name: String) throws -> [Float] { try data.tensor(name).floats() }

  /// Rows of token ids, those that the mask leaves out removed.
  public func sequences() throws -> [[Int32]] {
    let (rows, columns) = try extent()
    let ids = try floats("input_ids").map { Int32($0) }
    let mask = try self.mask()
    return (0..<rows).map { row in (0..<columns).filter { mask[row * columns + $0] }.map { ids[row * columns + $0] } }
  }

  /// A `[batch, length, width]` tensor's rows that the mask keeps, end to end: `[tokens, width]`.
  public func packed(_ name: String) throws -> Tensor {
    let values = try floats(name)
    let mask = try self.mask()
    let width = values.count / max(mask.count, 1)
    let kept = mask.indices.filter { mask[$0] }
    return Tensor(kept.flatMap { values[$0 * width..<($0 + 1) * width] }, shape: [kept.count, width])
  }

  private func extent() throws -> (rows: Int, columns: Int) {
    let shape = try data.tensor("input_ids").shape
    return (shape[0], shape[1])
  }

  private func mask() throws -> [Bool] {
    let (rows, columns) = try extent()
    guard data.contains("attention_mask") else { return Array(repeating: true, count: rows * columns) }
    return try floats("attention_mask").map { $0 != 0 }
  }
}

/// Where the tests' data are.
public enum Fixtures {
  /// A path below `Fixtures/`.
  public static func path(_ name: String) -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/Fixtures/\(name)"
  }

  /// The file or folder of the models' cache that `scripts/fetch-models` has fetched, or nil.
  public static func model(_ name: String) -> String? {
    let environment = Environment.self
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    let path = (environment["ATTEND_MODELS"] ?? cache + "/attend/models") + "/" + name
    return Environment.exists(path) ? path : nil
  }
}

/// The largest absolute difference; infinity when shapes differ or a value is not a number.
public func largestDifference(_ a: Tensor, _ b: Tensor) -> Double {
  guard a.shape == b.shape else { return .infinity }
  var largest = 0.0
  for (x, y) in zip(a.cast(to: .float64).scalars(Double.self), b.cast(to: .float64).scalars(Double.self)) {
    let difference = abs(x - y)
    if difference.isNaN { return .infinity }
    largest = max(largest, difference)
  }
  return largest
}
