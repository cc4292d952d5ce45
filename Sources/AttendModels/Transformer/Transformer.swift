import AttendBase
import AttendNN
import AttendTensor

/// The encoder-decoder of "Attention Is All You Need". Vaswani et al. 2017, arXiv:1706.03762; with `norm_first` the
/// pre-norm variant of Xiong et al. 2020, arXiv:2002.04745. Parameters have the names of Hugging Face's Marian.
///
///     encoder layer: x → norm(x + selfAttention(x)) → norm(x + feedForward(x))
///     decoder layer: x → norm(x + maskedSelfAttention(x)) → norm(x + attention(x, source)) → norm(x + feedForward(x))
public struct Transformer: SequenceToSequenceModel {
  let sourceEmbedding, targetEmbedding: Embedding
  let sourcePositions, targetPositions: Positions
  let encoder: [EncoderLayer]
  let decoder: [DecoderLayer]
  /// After the last layer; post-norm models have none, as their layers end with a norm.
  let encoderNorm, decoderNorm: LayerNorm?
  let output: Linear
  let config: Config
  let precision: Precision

  public init(_ scope: WeightScope, _ config: Config) {
    let model = scope["model"]
    let (encoder, decoder) = (model["encoder"], model["decoder"])
    func embedding(_ scope: WeightScope, _ count: Int) -> Embedding {
      Embedding(scope, count: count, width: config.width, initializer: .normal(1 / Float(config.width).squareRoot()))
    }
    sourceEmbedding = embedding(
      config.sharesEmbeddings ? model["shared"] : encoder["embed_tokens"], config.sourceVocabularySize)
    targetEmbedding =
      config.sharesEmbeddings ? sourceEmbedding : embedding(decoder["embed_tokens"], config.vocabularySize)
    sourcePositions = Positions(encoder["embed_positions"], config)
    targetPositions = Positions(decoder["embed_positions"], config)
    self.encoder = (0..<config.encoder.layers).map { EncoderLayer(encoder["layers"][$0], config) }
    self.decoder = (0..<config.decoder.layers).map { DecoderLayer(decoder["layers"][$0], config) }
    encoderNorm = config.hasFinalNorm ? config.norm(encoder["layer_norm"]) : nil
    decoderNorm = config.hasFinalNorm ? config.norm(decoder["layer_norm"]) : nil
    let weight = config.tiesOutput ? targetEmbedding : embedding(scope["lm_head"], config.vocabularySize)
    output = Linear(
      weight: weight.weight,
      bias: scope.optionalTensor("final_logits_bias", shape: [1, config.vocabularySize])?.flattened())
    self.config = config
    precision = scope.precision
  }

  public func logits(source: [[Int32]], target: [[Int32]], _ pass: inout ForwardPass) -> Tensor {
    let memory = pass.over(lengths: source.map(\.count)) { pass in
      Memory.states(encode(source.flatMap { $0 }, &pass), pass.sequences)
    }
    return pass.over(lengths: target.map(\.count)) { pass in
      decode(shifted(target), memory, &pass)
    }
  }

  /// §3.1, encoder.
  /// - Parameter tokens: `[tokens]`, the sources end to end; `pass` says where each one starts.
  /// - Returns: `[tokens, width]`.
  func encode(_ tokens: [Int32], _ pass: inout ForwardPass) -> Tensor {
    var hidden = embed(tokens, sourceEmbedding, sourcePositions, &pass)
    for (index, layer) in encoder.enumerated() {
      pass.keep(hidden: hidden)
      hidden = layer(hidden, index, &pass)
    }
    hidden = encoderNorm?(hidden) ?? hidden
    pass.keep(hidden: hidden)
    return hidden
  }

  /// §3.1, decoder, and §3.4, the output layer.
  /// - Returns: logits, `[tokens, vocabulary]`.
  func decode(_ tokens: [Int32], _ memory: Memory, _ pass: inout ForwardPass) -> Tensor {
    var hidden = embed(tokens, targetEmbedding, targetPositions, &pass)
    for (index, layer) in decoder.enumerated() {
      pass.keep(hidden: hidden)
      hidden = layer(hidden, memory, index, &pass)
    }
    hidden = decoderNorm?(hidden) ?? hidden
    pass.keep(hidden: hidden)
    return output(hidden, phase: pass.phase)
  }

  /// §3.4 and §3.5: √width · embedding + position.
  private func embed(
    _ tokens: [Int32], _ embedding: Embedding, _ positions: Positions, _ pass: inout ForwardPass
  ) -> Tensor {
    let rows = embedding(Tensor(tokens, shape: [tokens.count]))
    let scaled = config.scalesEmbeddings ? rows * Float(config.width).squareRoot() : rows
    return pass.dropout(scaled + positions(pass.positions), config.dropout)
  }

  /// §3.1 and §5.4: x + dropout(sublayer(x)), with its norm behind (the paper) or before the sublayer.
  struct Residual: Sendable {
    let norm: LayerNorm
    let isNormFirst: Bool
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config) {
      norm = config.norm(scope)
      isNormFirst = config.isNormFirst
      dropout = config.dropout
    }

    func callAsFunction(
      _ x: Tensor, _ pass: inout ForwardPass,
      _ sublayer: (_ x: Tensor, _ addingTo: Tensor?, inout ForwardPass) -> Tensor
    ) -> Tensor {
      let sum = pass.residual(x, dropping: dropout) { residual, pass in
        sublayer(isNormFirst ? norm(x) : x, residual, &pass)
      }
      return isNormFirst ? sum : norm(sum)
    }
  }

  struct EncoderLayer: Sendable {
    let selfAttention: SelfAttention
    let feedForward: PositionwiseFeedForward
    let attentionResidual, feedForwardResidual: Residual

    init(_ scope: WeightScope, _ config: Config) {
      selfAttention = SelfAttention(scope["self_attn"], config, config.encoder.heads, isCausal: false)
      attentionResidual = Residual(scope["self_attn_layer_norm"], config)
      feedForward = PositionwiseFeedForward(scope, config, config.encoder)
      feedForwardResidual = Residual(scope["final_layer_norm"], config)
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let x = attentionResidual(x, &pass) { x, sum, pass in selfAttention(x, addingTo: sum, layer, &pass) }
      return feedForwardResidual(x, &pass) { x, sum, pass in feedForward(x, addingTo: sum, &pass) }
    }
  }

  struct DecoderLayer: Sendable {
    let selfAttention: SelfAttention
    let sourceAttention: SourceAttention
    let feedForward: PositionwiseFeedForward
    let selfResidual, sourceResidual, feedForwardResidual: Residual

    init(_ scope: WeightScope, _ config: Config) {
      selfAttention = SelfAttention(scope["self_attn"], config, config.decoder.heads, isCausal: true)
      selfResidual = Residual(scope["self_attn_layer_norm"], config)
      sourceAttention = SourceAttention(scope["encoder_attn"], config, config.decoder.heads)
      sourceResidual = Residual(scope["encoder_attn_layer_norm"], config)
      feedForward = PositionwiseFeedForward(scope, config, config.decoder)
      feedForwardResidual = Residual(scope["final_layer_norm"], config)
    }

    func callAsFunction(_ x: Tensor, _ memory: Memory, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      var x = selfResidual(x, &pass) { x, sum, pass in selfAttention(x, addingTo: sum, layer, &pass) }
      x = sourceResidual(x, &pass) { x, sum, pass in
        sourceAttention(x, memory, addingTo: sum, layer, &pass)
      }
      return feedForwardResidual(x, &pass) { x, sum, pass in feedForward(x, addingTo: sum, &pass) }
    }
  }

  /// §3.2.2 where queries, keys and values come from one sequence.
  struct SelfAttention: Sendable {
    let projection, output: Linear
    let heads, headWidth: Int
    let isCausal: Bool
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config, _ heads: Int, isCausal: Bool) {
      let width = config.width
      projection = Linear([(scope["q_proj"], width), (scope["k_proj"], width), (scope["v_proj"], width)], from: width)
      output = Linear(scope["out_proj"], from: width, to: width)
      self.heads = heads
      headWidth = width / heads
      self.isCausal = isCausal
      dropout = config.attentionDropout
    }

    func callAsFunction(
      _ x: Tensor, addingTo residual: Tensor?, _ layer: Int, _ pass: inout ForwardPass
    ) -> Tensor {
      let parts = projection(x, phase: pass.phase).reshaped([x.shape[0], 3 * heads, headWidth])
        .split([heads, heads, heads], axis: 1)
      let options = AttentionOptions(scale: 1 / Float(headWidth).squareRoot(), isCausal: isCausal)
      let mixed = attention(
        parts[0], parts[1], parts[2], layer: layer, options: options, dropout: pass.attentionDropout(dropout), &pass)
      return output(mixed.reshaped([x.shape[0], heads * headWidth]), addingTo: residual, phase: pass.phase)
    }
  }

  /// §3.2.3: queries from the target, keys and values from the encoded source.
  struct SourceAttention: Sendable {
    let query, keyValue, output: Linear
    let heads, headWidth: Int
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config, _ heads: Int) {
      let width = config.width
      query = Linear(scope["q_proj"], from: width, to: width)
      keyValue = Linear([(scope["k_proj"], width), (scope["v_proj"], width)], from: width)
      output = Linear(scope["out_proj"], from: width, to: width)
      self.heads = heads
      headWidth = width / heads
      dropout = config.attentionDropout
    }

    /// - Parameter states: `[source tokens, width]`, from the encoder.
    /// - Returns: keys and values, each `[source tokens, heads, headWidth]`.
    func keysAndValues(of states: Tensor) -> [Tensor] {
      keyValue(states).reshaped([states.shape[0], 2 * heads, headWidth]).split([heads, heads], axis: 1)
    }

    func callAsFunction(
      _ x: Tensor, _ memory: Memory, addingTo residual: Tensor?, _ layer: Int, _ pass: inout ForwardPass
    ) -> Tensor {
      let queries = query(x, phase: pass.phase).reshaped([x.shape[0], heads, headWidth])
      let scale = 1 / Float(headWidth).squareRoot()
      let mixed: Tensor
      switch memory {
      case .states(let states, let sequences):
        let parts = keysAndValues(of: states)
        mixed = crossAttention(
          queries, parts[0], parts[1], layer: layer, memory: sequences, options: AttentionOptions(scale: scale),
          dropout: pass.attentionDropout(dropout), &pass)
      case .remembered(let caches):
        mixed = .attention(
          query: queries, remembering: caches, layer: layer, sequences: pass.sequences, scale: scale, phase: pass.phase)
      }
      return output(mixed.reshaped([x.shape[0], heads * headWidth]), addingTo: residual, phase: pass.phase)
    }
  }

  /// The encoded source as the decoder meets it.
  enum Memory {
    /// Hidden states `[source tokens, width]` and the rows of each source.
    case states(Tensor, [Range<Int>])
    /// Keys and values that were computed once, one cache for each target sequence.
    case remembered([KeyValueCache])
  }

  /// §3.3: second(dropout(activation(first(x)))), or the gated variants of Shazeer 2020, arXiv:2002.05202.
  enum PositionwiseFeedForward: Sendable {
    case plain(first: Linear, second: Linear, Activation, dropout: Float)
    case gated(GatedFeedForward)

    init(_ scope: WeightScope, _ config: Config, _ stack: Config.Stack) {
      let (width, inner, activation) = (config.width, stack.intermediate, config.activation)
      self =
        config.isGated
        ? .gated(GatedFeedForward(scope["mlp"], width: width, intermediate: inner, activation: activation, bias: true))
        : .plain(
          first: Linear(scope["fc1"], from: width, to: inner), second: Linear(scope["fc2"], from: inner, to: width),
          activation, dropout: config.activationDropout)
    }

    func callAsFunction(_ x: Tensor, addingTo residual: Tensor?, _ pass: inout ForwardPass) -> Tensor {
      switch self {
      case .plain(let first, let second, let activation, let rate):
        let hidden = pass.dropout(first(x, activation: activation, phase: pass.phase), rate)
        return second(hidden, addingTo: residual, phase: pass.phase)
      case .gated(let layer): return layer(x, addingTo: residual, phase: pass.phase)
      }
    }
  }
}
