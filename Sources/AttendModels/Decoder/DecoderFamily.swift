import AttendNN
import AttendTensor

/// A family whose model is a ``Decoder``: its file reads a configuration and names weights, and that is all.
public protocol DecoderFamily: ModelFamily, CausalLanguageModel where Config == DecoderConfig {
  var decoder: Decoder { get }
}

extension DecoderFamily {
  public static var basePrefix: String { "model" }

  public static func ignores(weight name: String, _ config: DecoderConfig) -> Bool {
    name.hasSuffix("rotary_emb.inv_freq") || (config.tiesEmbeddings && name == "lm_head.weight")
  }

  public func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor { decoder(tokens, &pass) }
  public func positionForm(reach: Int) -> Int { decoder.positionForm(reach: reach) }
  public var vocabularySize: Int { decoder.vocabularySize }
  public var contextLength: Int { decoder.contextLength }
  public var cacheShape: KeyValueShape { decoder.cacheShape }
}

extension GGUFMap {
  /// What GGUF files call the fields of a decoder's configuration.
  static let decoderFields: [Field] = [
    .count("hidden_size", "embedding_length"), .count("intermediate_size", "feed_forward_length"),
    .count("num_hidden_layers", "block_count"), .count("num_attention_heads", "attention.head_count"),
    .count("num_key_value_heads", "attention.head_count_kv"), .count("head_dim", "attention.key_length"),
    .count("value_head_dim", "attention.value_length"),
    .count("max_position_embeddings", "context_length"), .number("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
    .number("rope_theta", "rope.freq_base"), .count("rope_dimension_count", "rope.dimension_count"),
    .text("rope_scaling_type", "rope.scaling.type"), .number("rope_scaling_factor", "rope.scaling.factor"),
    .count("rope_scaling_original", "rope.scaling.original_context_length"),
    .number("rope_scaling_magnitude", "rope.scaling.attn_factor"),
    .count("sliding_window", "attention.sliding_window"),
  ]

  /// What GGUF files call a decoder's weights.
  /// - Parameters:
  ///   - queries: the layout of query projections; `keys`: of key projections.
  ///   - norm: the layout of norms.
  static func decoderWeights(
    queries: Layout = .same, keys: Layout = .same, norm: Layout = .same
  ) -> [(parameter: String, tensor: String, layout: Layout)] {
    [
      ("model.embed_tokens.weight", "token_embd.weight", .same),
      ("model.norm.weight", "output_norm.weight", norm),
      ("lm_head.weight", "output.weight", .same),
      ("model.rotary_divisors", "rope_freqs.weight", .same),
      ("model.rotary_short", "rope_factors_short.weight", .same),
      ("model.rotary_long", "rope_factors_long.weight", .same),
      ("model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight", queries),
      ("model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias", queries),
      ("model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight", keys),
      ("model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", keys),
      ("model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight", .same),
      ("model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", .same),
      ("model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight", .same),
      ("model.layers.{}.self_attn.o_proj.bias", "blk.{}.attn_output.bias", .same),
      ("model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight", norm),
      ("model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight", norm),
      ("model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight", .same),
      ("model.layers.{}.mlp.gate_proj.bias", "blk.{}.ffn_gate.bias", .same),
      ("model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight", .same),
      ("model.layers.{}.mlp.up_proj.bias", "blk.{}.ffn_up.bias", .same),
      ("model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight", .same),
      ("model.layers.{}.mlp.down_proj.bias", "blk.{}.ffn_down.bias", .same),
    ]
  }

  /// Norms before each half of a block.
  static func normsBefore(_ layout: Layout = .same) -> [(parameter: String, tensor: String, layout: Layout)] {
    [
      ("model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight", layout),
      ("model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight", layout),
    ]
  }

  /// Norms around each half.
  static func normsAround(_ layout: Layout = .same) -> [(parameter: String, tensor: String, layout: Layout)] {
    [
      ("model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight", layout),
      ("model.layers.{}.pre_feedforward_layernorm.weight", "blk.{}.ffn_norm.weight", layout),
    ] + normsAfter(layout)
  }

  /// Norms behind each half.
  static func normsAfter(_ layout: Layout = .same) -> [(parameter: String, tensor: String, layout: Layout)] {
    [
      ("model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight", layout),
      ("model.layers.{}.post_feedforward_layernorm.weight", "blk.{}.post_ffw_norm.weight", layout),
    ]
  }

  static let harmlessRotary: Set<String> = ["rope.scaling.finetuned"]
}
