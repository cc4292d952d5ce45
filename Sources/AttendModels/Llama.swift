import AttendBase
import AttendNN
import AttendTensor

/// Llama 2 and 3 and their relatives (SmolLM2, TinyLlama).
/// Touvron et al. 2023, arXiv:2302.13971; grouped queries: Ainslie et al. 2023, arXiv:2305.13245.
public struct Llama: CausalLanguageModel {
  let embedding: Embedding
  let blocks: [Block]
  let norm: RMSNorm
  let output: Linear
  let config: Config

  public init(_ scope: WeightScope, _ config: Config) {
    let model = scope["model"]
    let rotary = Rotary(
      width: config.headWidth, base: config.rotaryBase, scaling: config.rotaryScaling,
      divisors: model.optionalTensor("rotary_divisors", shape: [config.headWidth / 2])?.scalars(
        Float.self))
    embedding = Embedding(
      model["embed_tokens"], count: config.vocabularySize, width: config.hiddenSize, initializer: config.initializer)
    blocks = (0..<config.layerCount).map { Block(model["layers"][$0], config, rotary) }
    norm = RMSNorm(model["norm"], width: config.hiddenSize, epsilon: config.normEpsilon)
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
    for (layer, block) in blocks.enumerated() {
      pass.keep(hidden: hidden)
      hidden = block(hidden, layer, &pass)
    }
    hidden = norm(pass.outputs(of: hidden))
    pass.keep(hidden: hidden)
    return output(hidden, phase: pass.phase)
  }

  struct Block: Sendable {
    let attentionNorm, feedForwardNorm: RMSNorm
    let attention: GroupedQueryAttention
    let feedForward: GatedFeedForward

    init(_ scope: WeightScope, _ config: Config, _ rotary: Rotary) {
      attentionNorm = RMSNorm(
        scope["input_layernorm"], width: config.hiddenSize, epsilon: config.normEpsilon)
      attention = GroupedQueryAttention(
        scope["self_attn"], width: config.hiddenSize, heads: config.headCount,
        keyValueHeads: config.keyValueHeadCount,
        headWidth: config.headWidth, bias: config.hasAttentionBias, rotary: rotary, dropout: config.attentionDropout,
        initializer: config.initializer,
        outputInitializer: config.residualInitializer)
      feedForwardNorm = RMSNorm(
        scope["post_attention_layernorm"], width: config.hiddenSize, epsilon: config.normEpsilon)
      feedForward = GatedFeedForward(
        scope["mlp"], width: config.hiddenSize, intermediate: config.intermediateSize,
        activation: config.activation,
        bias: config.hasFeedForwardBias, initializer: config.initializer,
        outputInitializer: config.residualInitializer)
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let x = attention(attentionNorm(x), addingTo: x, layer: layer, &pass)
      return feedForward(feedForwardNorm(x), addingTo: x, phase: pass.phase)
    }
  }

  public var vocabularySize: Int { config.vocabularySize }
  public var contextLength: Int { config.contextLength }
  public var cacheShape: KeyValueShape {
    KeyValueShape(
      layers: config.layerCount, heads: config.keyValueHeadCount, keyWidth: config.headWidth,
      valueWidth: config.headWidth)
  }
}

extension Llama: ModelFamily {
  public struct Config: Sendable {
    public let vocabularySize, hiddenSize, intermediateSize, layerCount: Int
    public let headCount, keyValueHeadCount, headWidth, contextLength: Int
    public let activation: Activation
    public let normEpsilon, rotaryBase: Float
    public let rotaryScaling: Rotary.Scaling
    public let tiesEmbeddings, hasAttentionBias, hasFeedForwardBias: Bool
    /// Rate of dropout of attention weights while training.
    public let attentionDropout: Float
    /// Standard deviation of fresh weights.
    public let initializerRange: Float

    var initializer: Initializer { .normal(initializerRange) }
    /// Parts that add to the residual stream start smaller by √(their number), as GPT-2 has it.
    var residualInitializer: Initializer { .normal(initializerRange / Float(max(2 * layerCount, 1)).squareRoot()) }
  }

  public static let architectures = ["LlamaForCausalLM"]
  public static let modelType = "llama"
  public static let basePrefix = "model"

  public static func configuration(_ fields: ConfigurationFields) throws -> Config {
    let hiddenSize = try fields.integer("hidden_size", in: 1...1 << 20)
    let headCount = try fields.integer("num_attention_heads", in: 1...1 << 16)
    let headWidth = try fields.integer("head_dim", default: hiddenSize / headCount, in: 2...1 << 16)
    let keyValueHeadCount = try fields.integer(
      "num_key_value_heads", default: headCount, in: 1...1 << 16)
    guard headWidth >= 2, headWidth % 2 == 0 else {
      throw fields.unsupported("heads are \(headWidth) wide")
    }
    guard headCount % keyValueHeadCount == 0 else {
      throw fields.unsupported("\(headCount) heads share \(keyValueHeadCount) key/value heads")
    }
    try fields.require("pretraining_tp", equals: 1)
    try fields.require("rope_dimension_count", equals: JSON(headWidth))
    let rotary = try RotaryFields(fields)
    let config = Config(
      vocabularySize: try fields.integer("vocab_size", in: 1...1 << 24), hiddenSize: hiddenSize,
      intermediateSize: try fields.integer("intermediate_size", in: 1...1 << 22),
      layerCount: try fields.integer("num_hidden_layers", in: 0...4096), headCount: headCount,
      keyValueHeadCount: keyValueHeadCount, headWidth: headWidth,
      contextLength: try fields.integer("max_position_embeddings", default: 2048, in: 1...1 << 28),
      activation: try fields.activation("hidden_act", default: .silu),
      normEpsilon: try fields.number("rms_norm_eps", default: 1e-6), rotaryBase: rotary.base,
      rotaryScaling: rotary.scaling,
      tiesEmbeddings: try fields.bool("tie_word_embeddings", default: false),
      hasAttentionBias: try fields.bool("attention_bias", default: false),
      hasFeedForwardBias: try fields.bool("mlp_bias", default: false),
      attentionDropout: try fields.rate("attention_dropout"),
      initializerRange: try fields.number("initializer_range", default: 0.02))
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static func ignores(weight name: String, _ config: Config) -> Bool {
    name.hasSuffix("rotary_emb.inv_freq") || (config.tiesEmbeddings && name == "lm_head.weight")
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "llama",
    fields: [
      ("hidden_size", "embedding_length"), ("intermediate_size", "feed_forward_length"),
      ("num_hidden_layers", "block_count"), ("num_attention_heads", "attention.head_count"),
      ("num_key_value_heads", "attention.head_count_kv"), ("head_dim", "attention.key_length"),
      ("max_position_embeddings", "context_length"),
      ("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
      ("rope_theta", "rope.freq_base"), ("rope_dimension_count", "rope.dimension_count"),
      ("rope_scaling_type", "rope.scaling.type"), ("rope_scaling_factor", "rope.scaling.factor"),
    ],
    impliedBy: [
      ("attention_bias", "model.layers.0.self_attn.q_proj.bias"),
      ("mlp_bias", "model.layers.0.mlp.gate_proj.bias"),
    ],
    weights: [
      ("model.embed_tokens.weight", "token_embd.weight", .same),
      ("model.norm.weight", "output_norm.weight", .same),
      ("lm_head.weight", "output.weight", .same),
      ("model.rotary_divisors", "rope_freqs.weight", .same),
      ("model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight", .same),
      ("model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight", .rotaryQueries),
      ("model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias", .rotaryQueries),
      ("model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight", .rotaryKeys),
      ("model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", .rotaryKeys),
      ("model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight", .same),
      ("model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", .same),
      ("model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight", .same),
      ("model.layers.{}.self_attn.o_proj.bias", "blk.{}.attn_output.bias", .same),
      ("model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight", .same),
      ("model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight", .same),
      ("model.layers.{}.mlp.gate_proj.bias", "blk.{}.ffn_gate.bias", .same),
      ("model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight", .same),
      ("model.layers.{}.mlp.up_proj.bias", "blk.{}.ffn_up.bias", .same),
      ("model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight", .same),
      ("model.layers.{}.mlp.down_proj.bias", "blk.{}.ffn_down.bias", .same),
    ],
    harmless: [
      "attention.value_length", "rope.scaling.original_context_length", "rope.scaling.finetuned",
    ])
}
