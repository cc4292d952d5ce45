import AttendBase
import AttendFormats
import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder of `Fixtures/golden`: a tiny checkpoint and what the reference implementation makes of it.
package struct Golden: Sendable {
  package let name: String
  package let checkpoint: Checkpoint
  private let data: TensorDirectory

  package init(_ name: String) throws {
    self.name = name
    let folder = TestFixtures.path("golden/\(name)")
    let gguf = folder + "/model.gguf"
    checkpoint = try Checkpoint(path: access(gguf, R_OK) == 0 ? gguf : folder)
    data = try SafetensorsFile(path: folder + "/golden.safetensors").tensors
  }

  package var names: [String] { Array(data.names) }

  package func contains(_ name: String) -> Bool { data.contains(name) }

  package func shape(_ name: String) throws -> [Int] { try data.tensor(name).shape }

  package func floats(_ name: String) throws -> [Float] { try data.tensor(name).floats() }

  /// Rows of token ids, those that the mask leaves out removed.
  package func sequences() throws -> [[Int32]] {
    let (rows, columns) = try extent()
    let ids = try floats("input_ids").map { Int32($0) }
    let mask = try self.mask()
    return (0..<rows).map { row in (0..<columns).filter { mask[row * columns + $0] }.map { ids[row * columns + $0] } }
  }

  /// A `[batch, length, width]` tensor's rows that the mask keeps, end to end: `[tokens, width]`.
  package func packed(_ name: String) throws -> Tensor {
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

/// The largest absolute difference; infinity when shapes differ or a value is not a number.
package func largestDifference(_ a: Tensor, _ b: Tensor) -> Double {
  guard a.shape == b.shape else { return .infinity }
  var largest = 0.0
  for (x, y) in zip(a.cast(to: .float64).scalars(Double.self), b.cast(to: .float64).scalars(Double.self)) {
    let difference = abs(x - y)
    if difference.isNaN { return .infinity }
    largest = max(largest, difference)
  }
  return largest
}
