import AttendBase
import AttendNN
import AttendTensor

/// Phi-3 and 3.5: Llama whose projections are stored together. Abdin et al. 2024, arXiv:2404.14219.
public struct Phi3: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Phi3ForCausalLM"]
  public static let modelType = "phi3"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(contextLength: 4096, normEpsilon: 1e-5))
    config.isFused = true
    let window = try fields.integer("sliding_window", default: 0, in: 0...1 << 28)
    try config.readWindows(fields, window: window > 0 ? window : nil) { _ in true }
    try fields.finish(harmless: ConfigurationFields.harmless.union(["original_max_position_embeddings"]))
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "phi3", fields: GGUFMap.decoderFields,
    weights: [
      ("model.layers.{}.self_attn.qkv_proj.weight", "blk.{}.attn_qkv.weight", .same),
      ("model.layers.{}.mlp.gate_up_proj.weight", "blk.{}.ffn_up.weight", .same),
    ] + GGUFMap.decoderWeights() + GGUFMap.normsBefore(), harmless: GGUFMap.harmlessRotary)
}

extension Phi3: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    config.addWindow(to: &fields)
    // Its own code asks for it, scaling or not.
    if fields["original_max_position_embeddings"] == nil {
      fields["original_max_position_embeddings"] = JSON(config.contextLength)
    }
    return fields
  }
}
