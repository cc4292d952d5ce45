import AttendBase
import AttendNN

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The rotary part of a configuration: `rope_theta` and `rope_scaling` of older files, `rope_parameters` of newer ones,
/// `rope_scaling_type` and `rope_scaling_factor` where GGUF metadata were translated.
package struct RotaryFields: Sendable {
  package let base: Float
  package var scaling: Rotary.Scaling
  /// The share of a head's channels that turn, where `rope_parameters` says so.
  package var share: Float?
  /// The context trained on and the magnitude of LongRoPE, whose factors a GGUF file keeps as tensors.
  private var longContext: Int?
  private var longMagnitude: Float?

  /// Plain rotary embedding.
  init(base: Float) {
    self.base = base
    scaling = .none
  }

  /// `rope_parameters`, or one of several.
  /// - Parameter contextLength: of the model, for scaling that does not name the original one.
  init(parameters: ConfigurationFields, defaultBase: Float, contextLength: Int = 0) throws {
    base = try parameters.number("rope_theta", default: defaultBase)
    guard base > 0 else { throw parameters.unsupported("rope_theta is \(base)") }
    scaling = try Self.scaling(parameters, contextLength: contextLength)
    try parameters.finish()
  }

  init(_ fields: ConfigurationFields, defaultBase: Float = 10_000, contextLength: Int = 0) throws {
    let parameters = try fields.object("rope_parameters") ?? fields.object("rope_scaling")
    base =
      try parameters?.number(
        "rope_theta", default: fields.number("rope_theta", default: defaultBase))
      ?? fields.number("rope_theta", default: defaultBase)
    guard base > 0 else { throw fields.unsupported("rope_theta is \(base)") }
    if let parameters {
      let share = try parameters.number("partial_rotary_factor", default: -1)
      if share >= 0 { self.share = share }
      scaling = try Self.scaling(parameters, in: fields, contextLength: contextLength)
      try parameters.finish()
      return
    }
    let original = try fields.number("rope_scaling_original", default: 0)
    longContext = original > 0 ? Int(exactly: original.rounded()) : nil
    let magnitude = try fields.number("rope_scaling_magnitude", default: 0)
    longMagnitude = magnitude > 0 ? magnitude : nil
    switch try fields.string("rope_scaling_type") {
    // The factors of LongRoPE are tensors of their own.
    case nil, "none", "longrope":
      let factor = try fields.number("rope_scaling_factor", default: 1)
      scaling = factor == 1 ? .none : .linear(factor: factor)
    case "linear":
      scaling = .linear(factor: try fields.number("rope_scaling_factor"))
    case "yarn":
      scaling = try Self.yarn(
        fields, factor: Self.positive(fields, "rope_scaling_factor"),
        context: original > 0 ? original : Float(contextLength))
    case let other?: throw fields.unsupported("the rotary scaling \"\(other)\"")
    }
  }

  /// LongRoPE where a file keeps its factors as tensors, otherwise what the configuration says.
  func scaling(short: [Float]?, long: [Float]?, _ config: DecoderConfig) -> Rotary.Scaling {
    guard let short, let long else { return scaling }
    let context = longContext ?? config.contextLength
    return .long(
      short: short, long: long, originalContext: context,
      magnitude: longMagnitude ?? Self.longMagnitude(Float(config.contextLength) / Float(context), context))
  }

  /// √(1 + ln factor / ln context): how LongRoPE sharpens scores.
  static func longMagnitude(_ factor: Float, _ context: Int) -> Float {
    factor > 1 && context > 1 ? (1 + logf(factor) / logf(Float(context))).squareRoot() : 1
  }

  /// - Parameters:
  ///   - outer: the whole configuration, for what some files write there.
  private static func scaling(
    _ fields: ConfigurationFields, in outer: ConfigurationFields? = nil, contextLength: Int
  ) throws -> Rotary.Scaling {
    let older = try fields.string("type")
    switch try fields.string("rope_type") ?? older ?? "default" {
    case "default": return .none
    case "linear": return .linear(factor: try positive(fields, "factor"))
    case "llama3":
      let low = try positive(fields, "low_freq_factor")
      let high = try positive(fields, "high_freq_factor")
      guard high > low else {
        throw fields.unsupported("high_freq_factor is not above low_freq_factor")
      }
      return .llama3(
        factor: try positive(fields, "factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
        originalContext: try positive(fields, "original_max_position_embeddings"))
    case "yarn":
      let context = try fields.number("original_max_position_embeddings", default: Float(contextLength))
      return try yarn(fields, factor: positive(fields, "factor"), context: context)
    // The first releases of Phi-3 call it "su".
    case "longrope", "su": return try long(fields, in: outer, contextLength: contextLength)
    case "dynamic":
      // The reference implementation goes by the model's own length.
      _ = try fields.number("original_max_position_embeddings", default: 0)
      return .dynamic(factor: try positive(fields, "factor"), originalContext: max(contextLength, 1))
    case let other: throw fields.unsupported("the rotary scaling \"\(other)\"")
    }
  }

  private static func long(
    _ fields: ConfigurationFields, in outer: ConfigurationFields?, contextLength: Int
  ) throws -> Rotary.Scaling {
    let short = try fields.numbers("short_factor") ?? []
    let long = try fields.numbers("long_factor") ?? []
    guard !short.isEmpty, short.count == long.count, (short + long).allSatisfy({ $0 > 0 }) else {
      throw fields.unsupported("\(short.count) short and \(long.count) long factors of LongRoPE, or some below zero")
    }
    // Phi-3 writes the original context beside the maximum, and no factor.
    let bounds = 1...1 << 28
    let beside = try outer?.integer("original_max_position_embeddings", default: contextLength, in: bounds)
    let context = try fields.integer(
      "original_max_position_embeddings", default: beside ?? contextLength, in: bounds)
    let factor = try fields.number("factor", default: Float(contextLength) / Float(context))
    return .long(
      short: short, long: long, originalContext: context,
      magnitude: try fields.number("attention_factor", default: longMagnitude(factor, context)))
  }

  private static func yarn(_ fields: ConfigurationFields, factor: Float, context: Float) throws -> Rotary.Scaling {
    let fast = try fields.number("beta_fast", default: 32)
    let slow = try fields.number("beta_slow", default: 1)
    guard context > 0, slow > 0, fast >= slow else {
      throw fields.unsupported("YaRN from a context of \(context) between \(fast) and \(slow) turns")
    }
    /// How much sharper scores are to be, by a coefficient of ln factor.
    func sharpening(_ coefficient: Float) -> Float { factor > 1 ? 0.1 * coefficient * logf(factor) + 1 : 1 }
    let (one, all) = (try fields.number("mscale", default: 0), try fields.number("mscale_all_dim", default: 0))
    let usual = one != 0 && all != 0 ? sharpening(one) / sharpening(all) : sharpening(1)
    return .yarn(
      factor: factor, originalContext: context, fastTurns: fast, slowTurns: slow,
      magnitude: try fields.number("attention_factor", default: usual),
      isTruncated: try fields.bool("truncate", default: true))
  }

  private static func positive(_ fields: ConfigurationFields, _ name: String) throws -> Float {
    let value = try fields.number(name)
    guard value > 0 else { throw fields.unsupported("\(name) is \(value)") }
    return value
  }
}
