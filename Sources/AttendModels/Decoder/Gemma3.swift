import AttendBase
import AttendNN
import AttendTensor

/// Gemma 3, text only. Gemma Team 2025, arXiv:2503.19786.
///
/// Most layers see a window of the last positions, every sixth sees all; queries and keys are normed; each half of a
/// block is normed before and after. The cache keeps the positions that have left the window.
public struct Gemma3: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Gemma3ForCausalLM"]
  public static let modelType = "gemma3_text"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    let (local, global) = try rotaries(fields)
    var defaults = DecoderConfig.Defaults.gemma
    (defaults.vocabularySize, defaults.hiddenSize, defaults.intermediateSize) = (262_208, 2304, 9216)
    (defaults.layerCount, defaults.headCount, defaults.keyValueHeads) = (26, 8, 4)
    defaults.contextLength = 131_072
    var config = try DecoderConfig(fields, defaults, rotary: global)
    config.becomeGemma()
    config.norms = .around
    config.queryKeyNorm = .heads
    try config.readQueryScalar(fields)
    config.logitCap = try DecoderConfig.cap(fields, "final_logit_softcapping")
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    let window = try fields.integer("sliding_window", default: 4096, in: 1...1 << 28)
    let older = try fields.integer("_sliding_window_pattern", default: 6, in: 1...4096)
    let pattern = try fields.integer("sliding_window_pattern", default: older, in: 1...4096)
    try config.readWindows(fields, window: window) { ($0 + 1) % pattern != 0 }
    for layer in config.layers.indices where config.layers[layer].window != nil { config.layers[layer].rotary = local }
    try fields.require("use_bidirectional_attention", equals: false)
    // No published model caps its scores, and the reference implementation ignores the field.
    try fields.require("attn_logit_softcapping", equals: nil)
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

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "gemma3",
    fields: GGUFMap.decoderFields + [
      .count("sliding_window_pattern", "attention.sliding_window_pattern"),
      .number("rope_local_base_freq", "rope.freq_base_swa"),
      .number("final_logit_softcapping", "final_logit_softcapping"),
    ],
    weights: GGUFMap.decoderWeights(norm: .plusOne) + GGUFMap.normsAround(.plusOne),
    harmless: ["rope.scaling.original_context_length", "rope.scaling.finetuned"]
  ) { GGUFMap.completeQueryScalar(&$0, largestLayerCount: 62) }
}

extension Gemma3: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields(activationName: "hidden_activation"))
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    fields["query_pre_attn_scalar"] = config.queryScalar.map { JSON(shortest: $0) } ?? .null
    fields["final_logit_softcapping"] = config.logitCap.map { .number(Double($0)) } ?? .null
    if let local = config.layers.first(where: { $0.window != nil }) {
      fields["sliding_window"] = local.window.map { JSON($0) } ?? .null
      var rotary = JSON.Object()
      local.rotary.write(to: &rotary, base: "rope_local_base_freq", contextLength: config.contextLength)
      fields["rope_local_base_freq"] = rotary["rope_local_base_freq"]
      // No published model scales the layers with a window, and no field but this says so.
      if let scaling = rotary["rope_scaling"] { fields["rope_local_scaling"] = scaling }
    }
    fields["layer_types"] = JSON(config.layerTypes)
    if let pattern = config.slidingPattern { fields["sliding_window_pattern"] = JSON(pattern) }
    return fields
  }
}
