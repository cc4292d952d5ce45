import AttendBase
import AttendTensor

/// How a fresh parameter is drawn.
public enum Initializer: Sendable {
  case zeros, ones
  case normal(Float)
  /// Uniform in ±√(6 / (inputs + outputs)). Glorot & Bengio 2010.
  case xavierUniform

  /// Draws a parameter from the seed and its full name, so that adding a layer leaves the others unchanged.
  /// - Parameter shape: `[outputs, inputs]` for matrices.
  func tensor(_ shape: [Int], name: String, seed: UInt64) -> Tensor {
    var random = SeededRandom(seed: seed, stream: Self.hash(name))
    let count = shape.reduce(1, *)
    let values: [Float]
    switch self {
    case .zeros: values = Array(repeating: 0, count: count)
    case .ones: values = Array(repeating: 1, count: count)
    case .normal(let deviation):
      values = (0..<count).map { _ in Float(random.normal()) * deviation }
    case .xavierUniform:
      let bound = (6 / Float(max(shape.reduce(0, +), 1))).squareRoot()
      values = (0..<count).map { _ in (random.uniformFloat() * 2 - 1) * bound }
    }
    return Tensor(values, shape: Shape(shape))
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
