import AttendBase
import AttendNN
import AttendTensor

extension Gemma3: ModelFamily {
  public struct Config: Sendable {
    public let vocabularySize, hiddenSize, intermediateSize: Int
    public let headCount, keyValueHeadCount, headWidth, contextLength: Int
    /// For each layer, whether it sees the last `window` positions alone.
    public let slidingLayers: [Bool]
    public let window: Int
    /// Rotary embedding of the layers with a window, and of those that see everything.
    let local, global: RotaryFields
    public let activation: Activation
    public let normEpsilon: Float
    /// Scores are divided by the root of this.
    public let queryScalar: Float
    /// cap · tanh(x / cap) of logits.
    public let logitCap: Float?
    public let tiesEmbeddings, hasAttentionBias: Bool
    /// Rate of dropout of attention weights while training.
    public let attentionDropout: Float
    /// Standard deviation of fresh weights.
    public let initializerRange: Float

    var initializer: Initializer { .normal(initializerRange) }
  }

  public static let architectures = ["Gemma3ForCausalLM"]
  public static let modelType = "gemma3_text"
  public static let basePrefix = "model"

  public static func configuration(_ fields: ConfigurationFields) throws -> Config {
    let headCount = try fields.integer("num_attention_heads", default: 8, in: 1...1 << 16)
    let keyValueHeadCount = try fields.integer("num_key_value_heads", default: 4, in: 1...1 << 16)
    let headWidth = try fields.integer("head_dim", default: 256, in: 2...1 << 16)
    guard headWidth % 2 == 0 else { throw fields.unsupported("heads are \(headWidth) wide") }
    guard headCount % keyValueHeadCount == 0 else {
      throw fields.unsupported("\(headCount) heads share \(keyValueHeadCount) key/value heads")
    }
    try fields.require("use_bidirectional_attention", equals: false)
    try fields.require("rope_dimension_count", equals: JSON(headWidth))
    try fields.require("value_head_dim", equals: JSON(headWidth))
    // No published model caps its scores, and the reference implementation ignores the field.
    try fields.require("attn_logit_softcapping", equals: nil)
    let (local, global) = try rotaries(fields)
    let queryScalar = try fields.number("query_pre_attn_scalar", default: 256)
    guard queryScalar > 0 else { throw fields.unsupported("query_pre_attn_scalar is \(queryScalar)") }
    let config = Config(
      vocabularySize: try fields.integer("vocab_size", default: 262_208, in: 1...1 << 24),
      hiddenSize: try fields.integer("hidden_size", default: 2304, in: 1...1 << 20),
      intermediateSize: try fields.integer("intermediate_size", default: 9216, in: 1...1 << 22),
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, headWidth: headWidth,
      contextLength: try fields.integer("max_position_embeddings", default: 131_072, in: 1...1 << 28),
      slidingLayers: try slidingLayers(fields),
      window: try fields.integer("sliding_window", default: 4096, in: 1...1 << 28), local: local, global: global,
      activation: try fields.activation("hidden_activation", default: .geluTanh),
      normEpsilon: try fields.number("rms_norm_eps", default: 1e-6), queryScalar: queryScalar,
      logitCap: try cap(fields, "final_logit_softcapping"),
      tiesEmbeddings: try fields.bool("tie_word_embeddings", default: true),
      hasAttentionBias: try fields.bool("attention_bias", default: false),
      attentionDropout: try fields.rate("attention_dropout"),
      initializerRange: try fields.number("initializer_range", default: 0.02))
    try fields.finish(harmless: ConfigurationFields.harmless.union(["cache_implementation"]))
    return config
  }

  /// Newer files have `rope_parameters` for each kind of layer, older ones `rope_theta` with `rope_scaling` for those that
  /// see everything and `rope_local_base_freq`.
  private static func rotaries(_ fields: ConfigurationFields) throws -> (local: RotaryFields, global: RotaryFields) {
    if let parameters = try fields.object("rope_parameters"), let full = try parameters.object("full_attention") {
      let global = try RotaryFields(parameters: full, defaultBase: 1_000_000)
      let local =
        try parameters.object("sliding_attention").map { try RotaryFields(parameters: $0, defaultBase: 10_000) }
      try parameters.finish()
      return (local ?? RotaryFields(base: 10_000), global)
    }
    let base = try fields.number("rope_local_base_freq", default: 10_000)
    guard base > 0 else { throw fields.unsupported("rope_local_base_freq is \(base)") }
    return (RotaryFields(base: base), try RotaryFields(fields, defaultBase: 1_000_000))
  }

  /// `layer_types`, or every n-th layer sees everything.
  private static func slidingLayers(_ fields: ConfigurationFields) throws -> [Bool] {
    let count = try fields.integer("num_hidden_layers", default: 26, in: 0...4096)
    let older = try fields.integer("_sliding_window_pattern", default: 6, in: 1...4096)
    let pattern = try fields.integer("sliding_window_pattern", default: older, in: 1...4096)
    guard let types = try fields.strings("layer_types") else {
      return (1...max(count, 1)).prefix(count).map { $0 % pattern != 0 }
    }
    guard types.count == count else { throw fields.unsupported("\(types.count) layer_types for \(count) layers") }
    return try types.map { type in
      switch type {
      case "sliding_attention": return true
      case "full_attention": return false
      default: throw fields.unsupported("the layer type \"\(type)\"")
      }
    }
  }

  private static func cap(_ fields: ConfigurationFields, _ name: String) throws -> Float? {
    let cap = try fields.number(name, default: 0)
    guard cap >= 0 else { throw fields.unsupported("\(name) is \(cap)") }
    return cap == 0 ? nil : cap
  }

  public static func ignores(weight name: String, _ config: Config) -> Bool {
    config.tiesEmbeddings && name == "lm_head.weight"
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "gemma3",
    fields: [
      ("hidden_size", "embedding_length"), ("intermediate_size", "feed_forward_length"),
      ("num_hidden_layers", "block_count"), ("num_attention_heads", "attention.head_count"),
      ("num_key_value_heads", "attention.head_count_kv"), ("head_dim", "attention.key_length"),
      ("value_head_dim", "attention.value_length"), ("max_position_embeddings", "context_length"),
      ("rms_norm_eps", "attention.layer_norm_rms_epsilon"), ("sliding_window", "attention.sliding_window"),
      ("sliding_window_pattern", "attention.sliding_window_pattern"),
      ("rope_theta", "rope.freq_base"), ("rope_local_base_freq", "rope.freq_base_swa"),
      ("rope_dimension_count", "rope.dimension_count"), ("rope_scaling_type", "rope.scaling.type"),
      ("rope_scaling_factor", "rope.scaling.factor"), ("final_logit_softcapping", "final_logit_softcapping"),
    ],
    weights: [
      ("model.embed_tokens.weight", "token_embd.weight", .same),
      ("model.norm.weight", "output_norm.weight", .plusOne),
      ("lm_head.weight", "output.weight", .same),
      ("model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight", .plusOne),
      ("model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight", .same),
      ("model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight", .plusOne),
      ("model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight", .same),
      ("model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight", .plusOne),
      ("model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight", .same),
      ("model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight", .same),
      ("model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight", .plusOne),
      ("model.layers.{}.pre_feedforward_layernorm.weight", "blk.{}.ffn_norm.weight", .plusOne),
      ("model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight", .same),
      ("model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight", .same),
      ("model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight", .same),
      ("model.layers.{}.post_feedforward_layernorm.weight", "blk.{}.post_ffw_norm.weight", .plusOne),
    ],
    harmless: ["rope.scaling.original_context_length", "rope.scaling.finetuned"]
  ) { object in
    // GGUF files leave the divisor of the scores to the reader: the head's width, but for the model of 62 layers (27B).
    let width = object["head_dim"]?.intValue ?? 256
    let hidden = object["hidden_size"]?.intValue ?? 0
    let heads = object["num_attention_heads"]?.intValue ?? 1
    let isLargest = object["num_hidden_layers"]?.intValue == 62
    object["query_pre_attn_scalar"] = JSON(isLargest ? hidden / max(heads, 1) : width)
  }
}
