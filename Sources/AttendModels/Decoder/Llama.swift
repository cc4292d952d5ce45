import AttendBase
import AttendNN
import AttendTensor

/// Llama 2 and 3 and their relatives (SmolLM2, TinyLlama).
/// Touvron et al. 2023, arXiv:2302.13971; grouped queries: Ainslie et al. 2023, arXiv:2305.13245.
public struct Llama: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["LlamaForCausalLM"]
  public static let modelType = "llama"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields)
    try fields.require("pretraining_tp", equals: 1)
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    config.hasFeedForwardBias = try fields.bool("mlp_bias", default: false)
    // GGUF files call Mixtral by this family's name.
    if try fields.integer("num_local_experts", default: 0, in: 0...1 << 12) > 0 {
      try config.readMixtralExperts(fields)
    }
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "llama", fields: GGUFMap.decoderFields + GGUFMap.expertFields(count: "num_local_experts"),
    impliedBy: [
      ("attention_bias", "model.layers.0.self_attn.q_proj.bias"),
      ("mlp_bias", "model.layers.0.mlp.gate_proj.bias"),
    ],
    weights: GGUFMap.decoderWeights(queries: .rotaryQueries, keys: .rotaryKeys) + GGUFMap.normsBefore()
      + GGUFMap.expertWeights(scope: Mixtral.scope, Mixtral.names),
    harmless: GGUFMap.harmlessRotary)
}

extension Llama: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    // GGUF files call Mixtral by this family's name.
    if config.experts != nil { return Mixtral.fields(of: config) }
    var fields = named(config.sharedFields())
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    fields["mlp_bias"] = JSON(config.hasFeedForwardBias)
    return fields
  }
}
