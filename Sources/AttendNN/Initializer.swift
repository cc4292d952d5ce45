import AttendBase
import AttendTensor

/// How a fresh parameter is drawn.
public indirect enum Initializer: Sendable {
  case zeros, ones
  case constant(Float)
  case normal(Float)
  /// Uniform in ±√(6 / (inputs + outputs)). Glorot & Bengio 2010.
  case xavierUniform
  /// Uniform in ±bound.
  case uniform(Float)
  /// Equal parts of axis 0, each drawn in its own way: the gates of a recurrent layer.
  case parts([Initializer])

  /// Draws a parameter from the seed and its full name, so that adding a layer leaves the others unchanged.
  /// - Parameter shape: `[outputs, inputs]` for matrices.
  func tensor(_ shape: [Int], name: String, seed: UInt64) -> Tensor {
    var random = SeededRandom(seed: seed, stream: Self.hash(name))
    return Tensor(values(shape, &random), shape: Shape(shape))
  }

  private func values(_ shape: [Int], _ random: inout SeededRandom) -> [Float] {
    let count = shape.reduce(1, *)
    func uniform(_ bound: Float) -> [Float] { (0..<count).map { _ in (random.uniformFloat() * 2 - 1) * bound } }
    switch self {
    case .zeros: return Array(repeating: 0, count: count)
    case .ones: return Array(repeating: 1, count: count)
    case .constant(let value): return Array(repeating: value, count: count)
    case .normal(let deviation): return (0..<count).map { _ in Float(random.normal()) * deviation }
    case .xavierUniform: return uniform((6 / Float(max(shape.reduce(0, +), 1))).squareRoot())
    case .uniform(let bound): return uniform(bound)
    case .parts(let parts):
      precondition(!parts.isEmpty && shape.first.map { $0 % parts.count == 0 } == true, "parts of equal size")
      return parts.flatMap { $0.values([shape[0] / parts.count] + shape.dropFirst(), &random) }
    }
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
