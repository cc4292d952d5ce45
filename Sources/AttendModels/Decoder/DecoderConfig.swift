import AttendBase
import AttendNN
import AttendTensor

/// What the decoders with RMS norms, grouped queries and gated feed-forwards differ in.
public struct DecoderConfig: Sendable {
  /// What one block has of its own.
  package struct Layer: Sendable {
    /// It sees the last so many positions alone; nil for all.
    package var window: Int?
    package var rotary: RotaryFields
    /// Its feed-forward is a mixture of experts.
    package var isMixture = false
  }

  /// The mixtures of experts among the feed-forwards.
  package struct Experts: Sendable {
    package var count, chosen, intermediateSize: Int
    /// Whether the weights of the chosen experts add up to 1.
    package var normalizes: Bool
    package var sharedIntermediateSize: Int?
    /// What a block calls the mixture.
    package var scope = "mlp"
    package var names = MixtureOfExperts.Names()
  }

  /// Where the residual stream is normed, and what the norms are called.
  package struct Norms: Sendable {
    package var attention: String?
    package var attentionOutput: String?
    package var feedForward: String?
    package var feedForwardOutput: String?

    /// Before each half of a block.
    package static let before = Norms(attention: "input_layernorm", feedForward: "post_attention_layernorm")
    /// After each half, before it is added. OLMo 2, arXiv:2501.00656.
    package static let after = Norms(
      attentionOutput: "post_attention_layernorm", feedForwardOutput: "post_feedforward_layernorm")
    /// Both. Gemma 2, arXiv:2408.00118.
    package static let around = Norms(
      attention: "input_layernorm", attentionOutput: "post_attention_layernorm",
      feedForward: "pre_feedforward_layernorm", feedForwardOutput: "post_feedforward_layernorm")
  }

  public internal(set) var vocabularySize, hiddenSize, intermediateSize: Int
  public internal(set) var headCount, keyValueHeadCount, headWidth, contextLength: Int
  package var layers: [Layer]
  /// Channels of a head that turn.
  package var rotaryWidth: Int
  package var activation: Activation
  package var normEpsilon: Float
  package var tiesEmbeddings: Bool
  /// Rate of dropout of attention weights while training.
  package var attentionDropout: Float
  /// Standard deviation of fresh weights.
  package var initializerRange: Float

  package var norms = Norms.before
  /// Checkpoints keep w of a factor 1 + w.
  package var normsAreShifted = false
  package var queryKeyNorm: QueryKeyNorm.Kind?
  package var hasProjectionBias = false
  package var hasOutputBias = false
  package var hasFeedForwardBias = false
  /// Whether queries, keys and values lie in one matrix, gate and up in another.
  package var isFused = false
  package var experts: Experts?
  /// Scores are divided by the root of this; nil for the head's width.
  package var queryScalar: Float?
  /// cap · tanh(x / cap) of scores and of logits.
  package var scoreCap: Float?
  package var logitCap: Float?
  /// What embeddings are multiplied by.
  package var embeddingScale: Float?

  public var layerCount: Int { layers.count }

  var initializer: Initializer { .normal(initializerRange) }
  /// Parts that add to the residual stream start smaller by √(their number), as GPT-2 has it.
  var residualInitializer: Initializer { .normal(initializerRange / Float(max(2 * layerCount, 1)).squareRoot()) }
}

extension DecoderConfig {
  /// Values of fields that a family's configuration may leave out; nil for a field that must be there.
  struct Defaults {
    var vocabularySize, hiddenSize, intermediateSize, layerCount, headCount: Int?
    /// nil for `headCount`.
    var keyValueHeads: Int?
    /// nil for a head's share of `hiddenSize`.
    var headWidth: Int?
    var contextLength = 2048
    var activation = Activation.silu
    var activationName = "hidden_act"
    var normEpsilon: Float = 1e-6
    var tiesEmbeddings = false
    var rotaryBase: Float = 10_000
  }

  /// The fields that all of these families have.
  /// - Parameter rotary: for each layer; nil reads one for all of them.
  init(_ fields: ConfigurationFields, _ defaults: Defaults = Defaults(), rotary: RotaryFields? = nil) throws {
    hiddenSize = try fields.integer("hidden_size", default: defaults.hiddenSize, in: 1...1 << 20)
    headCount = try fields.integer("num_attention_heads", default: defaults.headCount, in: 1...1 << 16)
    headWidth = try fields.integer(
      "head_dim", default: defaults.headWidth ?? hiddenSize / headCount, in: 2...1 << 16)
    keyValueHeadCount = try fields.integer(
      "num_key_value_heads", default: defaults.keyValueHeads ?? headCount, in: 1...1 << 16)
    guard headWidth >= 2, headWidth % 2 == 0 else {
      throw fields.unsupported("heads are \(headWidth) wide")
    }
    guard headCount % keyValueHeadCount == 0 else {
      throw fields.unsupported("\(headCount) heads share \(keyValueHeadCount) key/value heads")
    }
    try fields.require("value_head_dim", equals: JSON(headWidth))
    contextLength = try fields.integer(
      "max_position_embeddings", default: defaults.contextLength, in: 1...1 << 28)
    let rotary = try rotary ?? RotaryFields(fields, defaultBase: defaults.rotaryBase, contextLength: contextLength)
    let share = try fields.number("partial_rotary_factor", default: rotary.share ?? 1)
    guard share > 0, share <= 1 else { throw fields.unsupported("\(share) of a head's channels turn") }
    rotaryWidth = try fields.integer(
      "rope_dimension_count", default: Int(Float(headWidth) * share), in: 2...headWidth)
    guard rotaryWidth % 2 == 0 else { throw fields.unsupported("\(rotaryWidth) channels of a head turn") }
    switch rotary.scaling {
    case .long(let factors, _, _, _) where factors.count != rotaryWidth / 2:
      throw fields.unsupported("\(factors.count) factors of LongRoPE for \(rotaryWidth / 2) pairs of channels")
    // What the configuration gives is the context trained on.
    case .dynamic(let factor, let context):
      contextLength = max(context, Int(min(Float(context) * factor, Float(1 << 28))))
    default: break
    }
    layers = Array(
      repeating: Layer(rotary: rotary),
      count: try fields.integer("num_hidden_layers", default: defaults.layerCount, in: 0...4096))
    vocabularySize = try fields.integer("vocab_size", default: defaults.vocabularySize, in: 1...1 << 24)
    intermediateSize = try fields.integer("intermediate_size", default: defaults.intermediateSize, in: 1...1 << 22)
    activation = try fields.activation(defaults.activationName, default: defaults.activation)
    normEpsilon = try fields.number("rms_norm_eps", default: defaults.normEpsilon)
    tiesEmbeddings = try fields.bool("tie_word_embeddings", default: defaults.tiesEmbeddings)
    attentionDropout = try fields.rate("attention_dropout")
    initializerRange = try fields.number("initializer_range", default: 0.02)
  }

  /// Which layers see the last `window` positions alone: `layer_types`, or what `isSliding` says of a layer's number.
  mutating func readWindows(
    _ fields: ConfigurationFields, window: Int?, isSliding: (_ layer: Int) -> Bool
  ) throws {
    let types = try fields.strings("layer_types")
    if let types, types.count != layers.count {
      throw fields.unsupported("\(types.count) layer_types for \(layers.count) layers")
    }
    for layer in layers.indices {
      let slides: Bool
      switch types?[layer] {
      case "sliding_attention": slides = true
      case "full_attention": slides = false
      case nil: slides = isSliding(layer)
      case let type?: throw fields.unsupported("the layer type \"\(type)\"")
      }
      layers[layer].window = slides ? window : nil
    }
  }

  /// A soft cap; null and 0 mean none.
  static func cap(_ fields: ConfigurationFields, _ name: String, default fallback: Float = 0) throws -> Float? {
    if fields.isNull(name) { return nil }
    let cap = try fields.number(name, default: fallback)
    guard cap >= 0 else { throw fields.unsupported("\(name) is \(cap)") }
    return cap == 0 ? nil : cap
  }
}
