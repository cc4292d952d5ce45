import AttendBase
import AttendTensor

/// How a fresh parameter is drawn.
///
/// Fans are those of a matrix `[outputs, inputs]`, or of a convolution `[outputs, inputs, extent, …]`, whose fans count
/// every place of the window.
public indirect enum Initializer: Sendable, Hashable {
  case zeros, ones
  case constant(Float)
  /// Mean 0, the given standard deviation.
  case normal(Float)
  /// Uniform in ±bound.
  case uniform(Float)
  /// A normal draw of the given standard deviation, drawn again while it lies beyond two of them.
  case truncatedNormal(Float)
  /// Uniform in ±√(6 / (inputs + outputs)). Glorot & Bengio 2010.
  case xavierUniform
  /// Normal, of variance 2 / (inputs + outputs).
  case xavierNormal
  /// Uniform in ±√(6 / inputs), for layers before a ReLU. He et al. 2015, arXiv:1502.01852.
  case heUniform
  /// Normal, of variance 2 / inputs.
  case heNormal
  /// Orthonormal rows (columns, where there are more rows), times the gain. Saxe et al. 2014, arXiv:1312.6120.
  case orthogonal(gain: Float = 1)
  /// Equal parts of axis 0, each drawn in its own way: the gates of a recurrent layer.
  case parts([Initializer])

  /// The initialiser of a configuration's name (`xavier_uniform`, `he_normal`, `orthogonal`, …); nil when there is none.
  /// - Parameter deviation: of `normal` and `truncated_normal`; the bound of `uniform`.
  public init?(named name: String, deviation: Float = 0.02) {
    switch name {
    case "zeros": self = .zeros
    case "ones": self = .ones
    case "normal": self = .normal(deviation)
    case "uniform": self = .uniform(deviation)
    case "truncated_normal", "trunc_normal": self = .truncatedNormal(deviation)
    case "xavier_uniform", "glorot_uniform": self = .xavierUniform
    case "xavier_normal", "glorot_normal": self = .xavierNormal
    case "he_uniform", "kaiming_uniform": self = .heUniform
    case "he_normal", "kaiming_normal": self = .heNormal
    case "orthogonal": self = .orthogonal()
    default: return nil
    }
  }

  /// The names that ``init(named:deviation:)`` knows.
  public static let names = [
    "zeros", "ones", "normal", "uniform", "truncated_normal", "xavier_uniform", "xavier_normal", "he_uniform",
    "he_normal", "orthogonal",
  ]

  /// Draws a parameter from the seed and its full name, so that adding a layer leaves the others unchanged.
  /// - Parameters:
  ///   - shape: `[outputs, inputs]` for matrices.
  ///   - isTransposed: the parameter is kept as `[inputs, outputs]`.
  func tensor(_ shape: [Int], name: String, seed: UInt64, isTransposed: Bool = false) -> Tensor {
    var random = SeededRandom(seed: seed, stream: Self.hash(name))
    return Tensor(values(shape, isTransposed, &random), shape: Shape(shape))
  }

  private func values(_ shape: [Int], _ isTransposed: Bool, _ random: inout SeededRandom) -> [Float] {
    let count = shape.reduce(1, *)
    let fans = Self.fans(shape, isTransposed)
    func uniform(_ bound: Float) -> [Float] { (0..<count).map { _ in (random.uniformFloat() * 2 - 1) * bound } }
    func normal(_ deviation: Float) -> [Float] { (0..<count).map { _ in Float(random.normal()) * deviation } }
    switch self {
    case .zeros: return Array(repeating: 0, count: count)
    case .ones: return Array(repeating: 1, count: count)
    case .constant(let value): return Array(repeating: value, count: count)
    case .normal(let deviation): return normal(deviation)
    case .uniform(let bound): return uniform(bound)
    case .truncatedNormal(let deviation):
      return (0..<count).map { _ in
        while true {
          let draw = random.normal()
          if abs(draw) <= 2 { return Float(draw) * deviation }
        }
      }
    case .xavierUniform: return uniform((6 / Float(max(fans.inputs + fans.outputs, 1))).squareRoot())
    case .xavierNormal: return normal((2 / Float(max(fans.inputs + fans.outputs, 1))).squareRoot())
    case .heUniform: return uniform((6 / Float(max(fans.inputs, 1))).squareRoot())
    case .heNormal: return normal((2 / Float(max(fans.inputs, 1))).squareRoot())
    case .orthogonal(let gain):
      let rows = shape.first ?? 1
      return Self.orthonormal(rows: rows, columns: count / max(rows, 1), &random).map { Float($0) * gain }
    case .parts(let parts):
      precondition(!parts.isEmpty && shape.first.map { $0 % parts.count == 0 } == true, "parts of equal size")
      return parts.flatMap { $0.values([shape[0] / parts.count] + shape.dropFirst(), isTransposed, &random) }
    }
  }

  /// How many numbers an output is summed from, and to how many an input is added. A vector is a single column.
  private static func fans(_ shape: [Int], _ isTransposed: Bool) -> (inputs: Int, outputs: Int) {
    guard shape.count >= 2 else { return (1, shape.first ?? 1) }
    let window = shape.dropFirst(2).reduce(1, *)
    return isTransposed ? (shape[0] * window, shape[1] * window) : (shape[1] * window, shape[0] * window)
  }

  /// Gram-Schmidt on normal draws, twice for the digits: uniform over orthogonal matrices, as the diagonal of R is positive.
  private static func orthonormal(rows: Int, columns: Int, _ random: inout SeededRandom) -> [Double] {
    let (count, length) = (min(rows, columns), max(rows, columns))
    var vectors: [[Double]] = []
    vectors.reserveCapacity(count)
    for _ in 0..<count {
      var vector = (0..<length).map { _ in random.normal() }
      for _ in 0..<2 {
        for other in vectors {
          let projection = dot(vector, other)
          for index in 0..<length { vector[index] -= projection * other[index] }
        }
        let norm = dot(vector, vector).squareRoot()
        for index in 0..<length { vector[index] /= norm }
      }
      vectors.append(vector)
    }
    if rows <= columns { return vectors.flatMap { $0 } }
    return (0..<length).flatMap { row in vectors.map { $0[row] } }
  }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double {
    var sum = 0.0
    for index in x.indices { sum += x[index] * y[index] }
    return sum
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
