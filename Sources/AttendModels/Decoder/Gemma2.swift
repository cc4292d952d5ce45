import AttendBase
import AttendNN
import AttendTensor

/// Gemma 2: every other layer has a window, scores and logits are capped, norms stand around both halves of a block.
/// Gemma Team 2024, arXiv:2408.00118.
public struct Gemma2: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Gemma2ForCausalLM"]
  public static let modelType = "gemma2"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    _ = try fields.string("hidden_act")
    var config = try DecoderConfig(fields, .gemma)
    config.becomeGemma()
    config.norms = .around
    try config.readQueryScalar(fields)
    config.scoreCap = try DecoderConfig.cap(fields, "attn_logit_softcapping", default: 50)
    config.logitCap = try DecoderConfig.cap(fields, "final_logit_softcapping", default: 30)
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    let window = try fields.integer("sliding_window", default: 4096, in: 1...1 << 28)
    try config.readWindows(fields, window: window) { $0 % 2 == 0 }
    try fields.require("use_bidirectional_attention", equals: false)
    try fields.finish(harmless: ConfigurationFields.harmless.union(["cache_implementation", "sliding_window_size"]))
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "gemma2",
    fields: GGUFMap.decoderFields + [
      .number("attn_logit_softcapping", "attn_logit_softcapping"),
      .number("final_logit_softcapping", "final_logit_softcapping"),
    ],
    weights: GGUFMap.decoderWeights(norm: .plusOne) + GGUFMap.normsAround(.plusOne), harmless: GGUFMap.harmlessRotary
  ) { GGUFMap.completeQueryScalar(&$0, largestLayerCount: 46) }
}

extension Gemma2: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields(activationName: "hidden_activation"))
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    fields["query_pre_attn_scalar"] = config.queryScalar.map { JSON(shortest: $0) } ?? .null
    fields["attn_logit_softcapping"] = config.scoreCap.map { .number(Double($0)) } ?? .null
    fields["final_logit_softcapping"] = config.logitCap.map { .number(Double($0)) } ?? .null
    if let window = config.layers.compactMap(\.window).first { fields["sliding_window"] = JSON(window) }
    fields["layer_types"] = JSON(config.layerTypes)
    return fields
  }
}
