import AttendBase
import AttendNN
import AttendTensor

/// Qwen 2 and 2.5: Llama with biases of queries, keys and values. Yang et al. 2024, arXiv:2407.10671.
public struct Qwen2: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Qwen2ForCausalLM"]
  public static let modelType = "qwen2"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(contextLength: 32_768))
    config.hasProjectionBias = true
    try config.readQwenWindows(fields)
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "qwen2", fields: GGUFMap.decoderFields,
    weights: GGUFMap.decoderWeights() + GGUFMap.normsBefore(), harmless: GGUFMap.harmlessRotary)
}

extension DecoderConfig {
  /// A window for the layers from `max_window_layers` on, where `use_sliding_window` says so.
  mutating func readQwenWindows(_ fields: ConfigurationFields) throws {
    let slides = try fields.bool("use_sliding_window", default: false)
    let window = try fields.integer("sliding_window", default: 4096, in: 1...1 << 28)
    let first = try fields.integer("max_window_layers", default: 28, in: 0...1 << 16)
    try readWindows(fields, window: slides ? window : nil) { $0 >= first }
  }
}

extension Qwen2: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    config.addQwenWindows(to: &fields)
    return fields
  }
}
