import AttendBase
import AttendNN
import AttendTensor

/// Qwen 3 with mixtures of experts. Yang et al. 2025, arXiv:2505.09388.
public struct Qwen3MoE: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Qwen3MoeForCausalLM"]
  public static let modelType = "qwen3_moe"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(intermediateSize: 6144, keyValueHeads: 4, contextLength: 32_768))
    config.queryKeyNorm = .heads
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    try config.readExperts(
      fields, countName: "num_experts", .init(count: 128, chosen: 8, intermediateSize: 768),
      normalizes: fields.bool("norm_topk_prob", default: false))
    let slides = try fields.bool("use_sliding_window", default: false)
    let window = try fields.integer("sliding_window", default: 4096, in: 0...1 << 28)
    try config.readWindows(fields, window: slides && window > 0 ? window : nil) { _ in true }
    try fields.finish(
      harmless: ConfigurationFields.harmless.union(DecoderConfig.harmlessRouting).union(["max_window_layers"]))
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "qwen3moe", fields: GGUFMap.decoderFields + GGUFMap.expertFields(count: "num_experts"),
    impliedBy: [("attention_bias", "model.layers.0.self_attn.q_proj.bias")],
    weights: GGUFMap.decoderWeights() + GGUFMap.normsBefore() + GGUFMap.expertWeights(),
    harmless: GGUFMap.harmlessRotary,
    // The files do not say, because all of these models do.
    complete: { $0["norm_topk_prob"] = true })
}

extension Qwen3MoE: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    config.addQwenExperts(to: &fields)
    config.addQwenWindows(to: &fields)
    return fields
  }
}
