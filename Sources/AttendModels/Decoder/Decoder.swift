import AttendNN
import AttendTensor

/// The decoder that most open language models are: RMS norms, rotary positions, grouped queries, a gated feed-forward.
/// What families differ in is their configuration's.
public struct Decoder: CausalLanguageModel {
  let embedding: Embedding
  let blocks: [Block]
  let norm: RMSNorm
  let output: Linear
  /// Those of all layers.
  let rotaries: Set<Rotary>
  public let config: DecoderConfig

  public init(_ scope: WeightScope, _ config: DecoderConfig) {
    let model = scope["model"]
    /// A number for each pair of channels that turns, as GGUF files have them.
    func perPair(_ name: String) -> [Float]? {
      model.optionalTensor(name, shape: [config.rotaryWidth / 2])?.scalars(Float.self)
    }
    let divisors = perPair("rotary_divisors")
    let (short, long) = (perPair("rotary_short"), perPair("rotary_long"))
    embedding = Embedding(
      model["embed_tokens"], count: config.vocabularySize, width: config.hiddenSize, initializer: config.initializer)
    let rotaries = config.layers.map { layer in
      Rotary(
        width: config.rotaryWidth, base: layer.rotary.base,
        scaling: layer.rotary.scaling(short: short, long: long, config), divisors: divisors)
    }
    self.rotaries = Set(rotaries)
    blocks = config.layers.enumerated().map { number, layer in
      Block(model["layers"][number], config, layer, rotaries[number])
    }
    norm = RMSNorm(model["norm"], config)
    output =
      config.tiesEmbeddings
      ? Linear(sharing: embedding)
      : Linear(
        scope["lm_head"], from: config.hiddenSize, to: config.vocabularySize, bias: false,
        initializer: config.initializer)
    self.config = config
  }

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts.
  /// - Returns: logits, `[tokens, vocabulary]`.
  public func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor {
    var hidden = embedding(tokens)
    if let scale = config.embeddingScale { hidden = hidden * scale }
    for (layer, block) in blocks.enumerated() {
      pass.keep(hidden: hidden)
      hidden = block(hidden, layer, &pass)
    }
    hidden = norm(pass.outputs(of: hidden))
    pass.keep(hidden: hidden)
    let logits = output(hidden, phase: pass.phase)
    guard let cap = config.logitCap else { return logits }
    return (logits * (1 / cap)).tanh() * cap
  }

  struct Block: Sendable {
    let attentionNorm, attentionOutputNorm, feedForwardNorm, feedForwardOutputNorm: RMSNorm?
    let attention: GroupedQueryAttention
    let feedForward: FeedForward

    enum FeedForward: Sendable {
      case one(GatedFeedForward)
      case mixture(MixtureOfExperts)

      func callAsFunction(_ x: Tensor, addingTo residual: Tensor? = nil, phase: Phase) -> Tensor {
        switch self {
        case .one(let part): part(x, addingTo: residual, phase: phase)
        case .mixture(let part): part(x, addingTo: residual, phase: phase)
        }
      }
    }

    init(_ scope: WeightScope, _ config: DecoderConfig, _ layer: DecoderConfig.Layer, _ rotary: Rotary) {
      func norm(_ name: String?) -> RMSNorm? { name.map { RMSNorm(scope[$0], config) } }
      attentionNorm = norm(config.norms.attention)
      attention = GroupedQueryAttention(
        scope["self_attn"], width: config.hiddenSize, heads: config.headCount,
        keyValueHeads: config.keyValueHeadCount, headWidth: config.headWidth, bias: config.hasProjectionBias,
        outputBias: config.hasOutputBias, isFused: config.isFused,
        queryKeyNorm: config.queryKeyNorm.map {
          QueryKeyNorm($0, epsilon: config.normEpsilon, isShifted: config.normsAreShifted)
        },
        rotary: rotary,
        options: AttentionOptions(
          scale: 1 / (config.queryScalar ?? Float(config.headWidth)).squareRoot(), window: layer.window,
          softCap: config.scoreCap),
        dropout: config.attentionDropout, initializer: config.initializer,
        outputInitializer: config.residualInitializer)
      attentionOutputNorm = norm(config.norms.attentionOutput)
      feedForwardNorm = norm(config.norms.feedForward)
      if layer.isMixture, let experts = config.experts {
        feedForward = .mixture(
          MixtureOfExperts(
            scope[experts.scope], width: config.hiddenSize, intermediate: experts.intermediateSize,
            experts: experts.count, chosen: experts.chosen, normalizes: experts.normalizes,
            sharedIntermediate: experts.sharedIntermediateSize, activation: config.activation, names: experts.names,
            initializer: config.initializer, outputInitializer: config.residualInitializer))
      } else {
        feedForward = .one(
          GatedFeedForward(
            scope["mlp"], width: config.hiddenSize, intermediate: config.intermediateSize,
            activation: config.activation, bias: config.hasFeedForwardBias, isFused: config.isFused,
            initializer: config.initializer, outputInitializer: config.residualInitializer))
      }
      feedForwardOutputNorm = norm(config.norms.feedForwardOutput)
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      var x = x
      let attended = attentionNorm.map { $0(x) } ?? x
      // Without a norm behind them the parts add themselves to the stream.
      x =
        attentionOutputNorm.map { x + $0(attention(attended, layer: layer, &pass)) }
        ?? attention(attended, addingTo: x, layer: layer, &pass)
      let fed = feedForwardNorm.map { $0(x) } ?? x
      return feedForwardOutputNorm.map { x + $0(feedForward(fed, phase: pass.phase)) }
        ?? feedForward(fed, addingTo: x, phase: pass.phase)
    }
  }

  public func positionForm(reach: Int) -> Int { rotaries.map { $0.form(reach: reach) }.max() ?? 0 }
  public var vocabularySize: Int { config.vocabularySize }
  public var contextLength: Int { config.contextLength }
  public var cacheShape: KeyValueShape {
    KeyValueShape(
      layers: config.layerCount, heads: config.keyValueHeadCount, keyWidth: config.headWidth,
      valueWidth: config.headWidth)
  }
}

extension RMSNorm {
  fileprivate init(_ scope: WeightScope, _ config: DecoderConfig) {
    if config.normsAreShifted {
      self.init(shifted: scope, width: config.hiddenSize, epsilon: config.normEpsilon)
    } else {
      self.init(scope, width: config.hiddenSize, epsilon: config.normEpsilon)
    }
  }
}
