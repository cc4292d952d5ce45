import AttendBase
import AttendNN
import AttendTensor

/// Mistral 7B and its relatives: Llama with a window. Jiang et al. 2023, arXiv:2310.06825. GGUF files call it llama.
public struct Mistral: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["MistralForCausalLM"]
  public static let modelType = "mistral"
  public static let gguf = Llama.gguf

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(keyValueHeads: 8, contextLength: 131_072))
    // Absent means 4096, null means none.
    let window =
      fields.isNull("sliding_window") ? nil : try fields.integer("sliding_window", default: 4096, in: 1...1 << 28)
    try config.readWindows(fields, window: window) { _ in true }
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }
}

extension Mistral: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    config.addWindow(to: &fields)
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
