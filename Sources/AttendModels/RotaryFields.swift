import AttendBase
import AttendNN

/// The rotary part of a configuration: `rope_theta` and `rope_scaling` of older files, `rope_parameters` of newer ones,
/// `rope_scaling_type` and `rope_scaling_factor` where GGUF metadata were translated.
struct RotaryFields: Sendable {
  let base: Float
  let scaling: Rotary.Scaling

  /// Plain rotary embedding.
  init(base: Float) {
    self.base = base
    scaling = .none
  }

  /// `rope_parameters`, or one of several.
  init(parameters: ConfigurationFields, defaultBase: Float) throws {
    base = try parameters.number("rope_theta", default: defaultBase)
    guard base > 0 else { throw parameters.unsupported("rope_theta is \(base)") }
    scaling = try Self.scaling(parameters)
    try parameters.finish()
  }

  init(_ fields: ConfigurationFields, defaultBase: Float = 10_000) throws {
    let parameters = try fields.object("rope_parameters") ?? fields.object("rope_scaling")
    base =
      try parameters?.number(
        "rope_theta", default: fields.number("rope_theta", default: defaultBase))
      ?? fields.number("rope_theta", default: defaultBase)
    guard base > 0 else { throw fields.unsupported("rope_theta is \(base)") }
    if let parameters {
      scaling = try Self.scaling(parameters)
      try parameters.finish()
      return
    }
    switch try fields.string("rope_scaling_type") {
    case nil, "none":
      let factor = try fields.number("rope_scaling_factor", default: 1)
      scaling = factor == 1 ? .none : .linear(factor: factor)
    case "linear":
      scaling = .linear(factor: try fields.number("rope_scaling_factor"))
    case let other?: throw fields.unsupported("the rotary scaling \"\(other)\"")
    }
  }

  private static func scaling(_ fields: ConfigurationFields) throws -> Rotary.Scaling {
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
    case let other: throw fields.unsupported("the rotary scaling \"\(other)\"")
    }
  }

  private static func positive(_ fields: ConfigurationFields, _ name: String) throws -> Float {
    let value = try fields.number(name)
    guard value > 0 else { throw fields.unsupported("\(name) is \(value)") }
    return value
  }
}
