import AttendBase

/// A family that GGUF files hold, and whose checkpoints can be written in both forms.
///
/// Both directions go through the family's own configuration: what is written says what was read and not what its file
/// happened to look like. Nothing can get lost on the way to GGUF: the metadata to be written are read back, and every
/// field of the configuration must be what it was.
protocol GGUFFamily: ModelFamily {
  /// The configuration as a `config.json`, nothing left to defaults, with `architectures` and `model_type`.
  static func fields(of config: Config) -> JSON.Object
  /// The same under the names that its ``GGUFMap`` knows.
  static func ggufFields(of config: Config) -> JSON.Object
  /// What files keep of rotary scaling as tensors.
  static func rotaryTensors(of config: Config) -> RotaryTensors
  /// Puts what a file's tensors say of rotary scaling into a configuration that was read from its metadata.
  /// - Throws: `unsupported` when no `config.json` can say it.
  static func take(_ tensors: RotaryTensors, into config: inout Config, origin: String) throws
}

extension GGUFFamily {
  static func ggufFields(of config: Config) -> JSON.Object { fields(of: config) }
  static func rotaryTensors(of config: Config) -> RotaryTensors { RotaryTensors() }
  static func take(_ tensors: RotaryTensors, into config: inout Config, origin: String) throws {}

  static func named(_ fields: JSON.Object) -> JSON.Object {
    var object: JSON.Object = JSON.Object()
    object["architectures"] = [JSON(architectures[0])]
    object["model_type"] = JSON(modelType)
    for (name, value) in fields { object[name] = value }
    return object
  }
}

/// What each pair of channels' frequency is divided by, as GGUF files keep it.
struct RotaryTensors {
  /// `rope_freqs.weight`: Llama 3.
  var divisors: [Float]?
  /// `rope_factors_short.weight`, `rope_factors_long.weight`: LongRoPE.
  var short, long: [Float]?

  /// By the parameters' names.
  var named: [(name: String, values: [Float])] {
    [("model.rotary_divisors", divisors), ("model.rotary_short", short), ("model.rotary_long", long)].compactMap {
      name, values in values.map { (name, $0) }
    }
  }
}

extension JSON {
  /// A number with as few digits as it needs.
  init(shortest value: Float) {
    if let whole = Int(exactly: value), value.magnitude < 1e9 {
      self = JSON(whole)
    } else {
      self = .number(Double(value.description) ?? Double(value))
    }
  }
}
