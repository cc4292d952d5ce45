import AttendNN
import AttendTensor

/// Scaled dot-product attention of one head taken apart, each step as numbers. Vaswani et al. 2017, arXiv:1706.03762,
/// equation 1: softmax(Q Kᵀ / √d) V.
///
/// Queries, keys and values are the model's own; the steps are computed from them in double precision, and
/// ``kernelDifference`` says how far the model's kernel is from their result.
public struct AttentionSteps: Sendable {
  /// What each row stands for.
  public let tokens: [String]
  /// Which attention this is.
  public let kind: AttentionObserver.Kind
  public let layer, head: Int
  /// `[tokens][width]`: what each token asks for, what it offers to be found by, and what it hands over.
  public let query, key, value: [[Double]]
  /// The factor of the scores, usually 1/√width.
  public let scale: Double
  /// query · key, `[tokens][tokens]`.
  public let scores: [[Double]]
  /// scale · score; −∞ where a query may not see a key.
  public let scaled: [[Double]]
  /// softmax of each row of `scaled`.
  public let weights: [[Double]]
  /// Each row's weighted sum of values, `[tokens][width]`.
  public let output: [[Double]]
  /// The largest difference between `output` and what the kernel that the model runs on gives.
  public let kernelDifference: Double

  /// - Parameters:
  ///   - tokens: one name for each row.
  ///   - observation: of a pass over one sequence without a cache, with its operands kept.
  /// - Returns: nil when the observation holds no operands or no such head.
  public init?(tokens: [String], _ observation: AttentionObserver.Observation, head: Int) {
    guard let operands = observation.operands, let place = observation.heads.firstIndex(of: head),
      operands.options.bias == nil, operands.options.softCap == nil, operands.query.shape[0] == tokens.count,
      operands.key.shape[0] == tokens.count
    else { return nil }
    let options = operands.options
    let (query, key, value) = (
      operands.query.sliced(axis: 1, place..<place + 1), operands.key.sliced(axis: 1, place..<place + 1),
      operands.value.sliced(axis: 1, place..<place + 1)
    )
    self.tokens = tokens
    kind = observation.kind
    layer = observation.layer
    self.head = head
    self.query = Self.rows(query)
    self.key = Self.rows(key)
    self.value = Self.rows(value)
    scale = Double(options.scale)
    let keys = self.key
    scores = self.query.map { query in keys.map { key in zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } } }
    let scale = scale
    scaled = scores.enumerated().map { row, scores in
      scores.enumerated().map { column, score in
        Self.sees(row, column, options) ? score * scale : -.infinity
      }
    }
    weights = scaled.map(Self.softmax)
    let values = self.value
    output = weights.map { weights in
      (0..<value.shape[2]).map { channel in zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[channel] } }
    }
    let computed = Self.rows(
      Tensor.attention(query: query, key: key, value: value, sequences: [0..<tokens.count], options: options))
    kernelDifference = zip(computed.joined(), output.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  private static func sees(_ query: Int, _ key: Int, _ options: AttentionOptions) -> Bool {
    !options.isCausal || (key <= query && options.window.map { key > query - $0 } ?? true)
  }

  private static func softmax(_ row: [Double]) -> [Double] {
    let largest = row.max() ?? 0
    let powers = row.map { exponential($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// `[tokens, 1, width]` as rows.
  private static func rows(_ tensor: Tensor) -> [[Double]] {
    let width = tensor.shape[2]
    let flat = tensor.cast(to: .float64).scalars(Double.self)
    return (0..<tensor.shape[0]).map { Array(flat[$0 * width..<($0 + 1) * width]) }
  }
}
