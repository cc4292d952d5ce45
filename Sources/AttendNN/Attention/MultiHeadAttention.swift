import AttendTensor

/// Multi-head attention with a projection each for queries, keys, values and the result, within a sequence or to another
/// one. Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2; with fewer key/value heads Ainslie et al. 2023,
/// arXiv:2305.13245.
public struct MultiHeadAttention: Sendable {
  /// What the projections are called.
  public struct Names: Sendable, Hashable {
    public var query, key, value, output: String

    public init(query: String, key: String, value: String, output: String) {
      self.query = query
      self.key = key
      self.value = value
      self.output = output
    }

    /// BART, Marian, CLIP, Whisper.
    public static let outProjection = Names(query: "q_proj", key: "k_proj", value: "v_proj", output: "out_proj")
    /// Llama and its relatives.
    public static let oProjection = Names(query: "q_proj", key: "k_proj", value: "v_proj", output: "o_proj")
    /// T5.
    public static let letters = Names(query: "q", key: "k", value: "v", output: "o")
  }

  private enum Projection: Sendable {
    /// Queries, keys and values of one input, as one product.
    case joint(Linear)
    /// Queries of one input, keys and values of another.
    case split(query: Linear, keyValue: Linear)
  }

  private let projection: Projection
  private let output: Linear
  public let heads, keyValueHeads, headWidth: Int
  private let options: AttentionOptions
  private let dropout: Float

  /// - Parameters:
  ///   - width: of the input and of the result.
  ///   - heads: of the queries; without `headWidth` they divide the width.
  ///   - keyValueHeads: divide the heads; nil for as many.
  ///   - memoryWidth: width of the other sequence's states in cross-attention; nil for self-attention.
  ///   - isCausal, window: what queries of self-attention see.
  ///   - dropout: rate, on the weights.
  public init(
    _ scope: WeightScope, width: Int, heads: Int, keyValueHeads: Int? = nil, headWidth: Int? = nil,
    memoryWidth: Int? = nil, bias: Bool = true, isCausal: Bool = false, window: Int? = nil, dropout: Float = 0,
    names: Names = .outProjection, initializer: Initializer = .xavierUniform, outputInitializer: Initializer? = nil
  ) {
    let (groups, each) = (keyValueHeads ?? heads, headWidth ?? width / heads)
    guard heads % groups == 0, headWidth != nil || width % heads == 0 else {
      shapeMismatch("attention heads", [width], [heads, groups])
    }
    let query = (scope[names.query], heads * each)
    let keyValue = [(scope[names.key], groups * each), (scope[names.value], groups * each)]
    if let memoryWidth {
      projection = .split(
        query: Linear([query], from: width, bias: bias, initializer: initializer),
        keyValue: Linear(keyValue, from: memoryWidth, bias: bias, initializer: initializer))
    } else {
      projection = .joint(Linear([query] + keyValue, from: width, bias: bias, initializer: initializer))
    }
    output = Linear(
      scope[names.output], from: heads * each, to: width, bias: bias, initializer: outputInitializer ?? initializer)
    self.heads = heads
    self.keyValueHeads = groups
    self.headWidth = each
    options = AttentionOptions(scale: 1 / Float(each).squareRoot(), isCausal: isCausal, window: window)
    self.dropout = dropout
  }

  /// Self-attention.
  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - bias: added to scores, `[heads, tokens, keys]`, each dimension full or 1.
  ///   - residual: `[tokens, width]`, added to the result.
  public func callAsFunction(
    _ x: Tensor, addingTo residual: Tensor? = nil, bias: Tensor? = nil, layer: Int, _ pass: inout ForwardPass
  ) -> Tensor {
    guard case .joint(let projection) = projection else {
      shapeMismatch("self-attention of a cross-attention", x.shape)
    }
    let parts = projection(x, phase: pass.phase)
      .reshaped([x.shape[0], heads + 2 * keyValueHeads, headWidth])
      .split([heads, keyValueHeads, keyValueHeads], axis: 1)
    let mixed = attention(
      parts[0], parts[1], parts[2], layer: layer, options: with(bias), dropout: pass.attentionDropout(dropout), &pass)
    return result(mixed, residual, pass)
  }

  /// Keys and values of another sequence, computed once for all queries.
  public struct Memory: Sendable {
    let key, value: Tensor
    let sequences: [Range<Int>]
  }

  /// - Parameters:
  ///   - states: `[memory tokens, memoryWidth]`.
  ///   - sequences: rows that each sequence of the queries sees.
  public func prepare(_ states: Tensor, sequences: [Range<Int>], phase: Phase = .prompt) -> Memory {
    guard case .split(_, let keyValue) = projection else { shapeMismatch("memory of a self-attention", states.shape) }
    let parts = keyValue(states, phase: phase).reshaped([states.shape[0], 2 * keyValueHeads, headWidth])
      .split([keyValueHeads, keyValueHeads], axis: 1)
    return Memory(key: parts[0], value: parts[1], sequences: sequences)
  }

  /// Cross-attention.
  public func callAsFunction(
    _ x: Tensor, attendingTo memory: Memory, addingTo residual: Tensor? = nil, bias: Tensor? = nil, layer: Int,
    _ pass: inout ForwardPass
  ) -> Tensor {
    guard case .split(let query, _) = projection else { shapeMismatch("cross-attention of a self-attention", x.shape) }
    let queries = query(x, phase: pass.phase).reshaped([x.shape[0], heads, headWidth])
    let mixed = crossAttention(
      queries, memory.key, memory.value, layer: layer, memory: memory.sequences, options: with(bias),
      dropout: pass.attentionDropout(dropout), &pass)
    return result(mixed, residual, pass)
  }

  private func with(_ bias: Tensor?) -> AttentionOptions {
    var options = options
    options.bias = bias
    return options
  }

  private func result(_ mixed: Tensor, _ residual: Tensor?, _ pass: ForwardPass) -> Tensor {
    output(mixed.reshaped([mixed.shape[0], heads * headWidth]), addingTo: residual, phase: pass.phase)
  }
}
