import AttendBase
import AttendNN
import AttendTensor

/// Mixtral: Mistral whose feed-forwards are mixtures of experts. Jiang et al. 2024, arXiv:2401.04088. GGUF files call it
/// llama.
public struct Mixtral: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["MixtralForCausalLM"]
  public static let modelType = "mixtral"
  public static let gguf = Llama.gguf

  static let scope = "block_sparse_moe"
  static let names = MixtureOfExperts.Names(expert: .init(gate: "w1", up: "w3", down: "w2"))

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(
      fields,
      .init(
        intermediateSize: 14_336, keyValueHeads: 8, contextLength: 131_072, normEpsilon: 1e-5, rotaryBase: 1_000_000))
    try config.readMixtralExperts(fields)
    let window = try fields.integer("sliding_window", default: 0, in: 0...1 << 28)
    try config.readWindows(fields, window: window > 0 ? window : nil) { _ in true }
    try fields.finish(harmless: ConfigurationFields.harmless.union(DecoderConfig.harmlessRouting))
    return config
  }
}

extension DecoderConfig {
  mutating func readMixtralExperts(_ fields: ConfigurationFields) throws {
    try readExperts(fields, countName: "num_local_experts", ExpertDefaults(count: 8, chosen: 2), normalizes: true)
    experts?.scope = Mixtral.scope
    experts?.names = Mixtral.names
  }
}

extension Mixtral: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    config.addWindow(to: &fields)
    if let experts = config.experts {
      fields["num_local_experts"] = JSON(experts.count)
      fields["num_experts_per_tok"] = JSON(experts.chosen)
      if experts.intermediateSize != config.intermediateSize {
        fields["moe_intermediate_size"] = JSON(experts.intermediateSize)
      }
    }
    return fields
  }

  /// Without a window, which files of this architecture cannot say.
  static func ggufFields(of config: DecoderConfig) -> JSON.Object {
    var fields = fields(of: config)
    config.addGGUFFields(to: &fields)
    fields["sliding_window"] = .null
    return fields
  }
}
