import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// A low-rank adapter as PEFT saves it: a folder with `adapter_config.json` and `adapter_model.safetensors`. It changes a
/// model while this is loaded; the model's own weights stay as they are kept, quantized or not.
/// Hu et al. 2022, arXiv:2106.09685; names and fields are those of Hugging Face's PEFT.
public struct LowRankAdapter: Sendable {
  public let path: String
  /// By the full name of the weight that they add to.
  let factors: [String: LowRankPart.Factors]
  /// Parameters that take the place of the model's: biases and whole layers that were trained.
  let replacements: TensorDirectory
  let replaced: [String: String]

  /// - Parameter strength: what the adapter's additions are multiplied by; replaced parameters are not.
  /// - Throws: `not-found`, `damaged-file`, `unsupported` for kinds of adapters that this version does not know.
  public init(path: String, strength: Float = 1) throws(AttendError) {
    self.path = path
    let config = try Self.read("adapter_config.json", in: path)
    let fields = try JSON(parsing: config.copied, source: config.path)
    guard fields.objectValue != nil else {
      throw AttendError(.damagedFile, "\(config.path) is \(fields.kind), expected an object")
    }
    try Self.refuse(fields, config.path)
    let scales = try Scales(fields, strength: strength, origin: config.path)
    let tensors = try SafetensorsFile(Self.read("adapter_model.safetensors", in: path)).tensors

    var pairs: [String: (down: Tensor?, up: Tensor?)] = [:]
    var replaced: [String: String] = [:]
    for name in tensors.names {
      let known = Self.name(of: name)
      let place: (weight: String, isDown: Bool)
      switch known.part {
      case nil:
        replaced[known.parameter] = name
        continue
      case .down: place = (known.parameter, true)
      case .up: place = (known.parameter, false)
      }
      let view = try tensors.tensor(name)
      guard view.shape.count == 2, view.shape.allSatisfy({ $0 > 0 }), case .dense(let type) = view.elementType,
        type.isFloatingPoint
      else {
        throw AttendError(
          .unsupported, "\(path): \(name) is \(view.elementType.description) \(view.shape), not a matrix of floats",
          hint: "adapters of linear layers are read")
      }
      let tensor = Tensor(view.floats(), shape: Shape(view.shape))
      if place.isDown { pairs[place.weight, default: (nil, nil)].down = tensor }
      if !place.isDown { pairs[place.weight, default: (nil, nil)].up = tensor }
    }
    var factors: [String: LowRankPart.Factors] = [:]
    for (weight, pair) in pairs {
      guard let down = pair.down, let up = pair.up, down.shape[0] == up.shape[1] else {
        throw AttendError(
          .damagedFile, "\(path): the factors A and B of \(weight) are not both there or of different rank",
          hint: "save the adapter again")
      }
      let scale = scales.scale(of: weight, rank: down.shape[0])
      factors[weight] = LowRankPart.Factors(down: down, up: up * scale, scale: 1)
    }
    guard !factors.isEmpty || !replaced.isEmpty else {
      throw AttendError(.damagedFile, "\(path) adapts nothing", hint: "is it an adapter that PEFT has saved?")
    }
    self.factors = factors
    self.replaced = replaced
    replacements = tensors
  }

  private static func read(_ name: String, in folder: String) throws(AttendError) -> MappedFile {
    guard Folder.hasFile("\(folder)/\(name)") else {
      throw AttendError(
        .notFound, "\(folder) has no \(name)",
        hint: "give the folder of an adapter as PEFT saves it: adapter_config.json and adapter_model.safetensors")
    }
    return try MappedFile(path: "\(folder)/\(name)")
  }

  /// What an adapter's tensor is: a factor of an addition to a parameter, or a parameter.
  private static func name(of tensor: String) -> (parameter: String, part: Part?) {
    var name = tensor[...]
    for prefix in ["base_model.model.", "base_model."] where name.hasPrefix(prefix) {
      name = name.dropFirst(prefix.count)
      break
    }
    let components = name.split(separator: ".")
    // `x.lora_A.weight`, in memory `x.lora_A.default.weight`.
    for (part, mark) in [(Part.down, "lora_A"), (.up, "lora_B")] {
      if let index = components.firstIndex(of: Substring(mark)), components.last == "weight" {
        return (components[..<index].joined(separator: ".") + ".weight", part)
      }
    }
    return (components.filter { $0 != "modules_to_save" && $0 != "base_layer" }.joined(separator: "."), nil)
  }

  private enum Part { case down, up }

  /// Kinds of adapters and ways of applying them that would change results.
  private static func refuse(_ fields: JSON, _ origin: String) throws(AttendError) {
    func unsupported(_ what: String) -> AttendError {
      AttendError(.unsupported, "\(origin): \(what), which is not supported", hint: "use a plain LoRA adapter")
    }
    let kind = fields["peft_type"]?.stringValue ?? "LORA"
    guard kind == "LORA" else { throw unsupported("the adapter is of the type \(quoted(kind))") }
    for name in ["use_dora", "lora_bias", "use_qalora"] where fields[name]?.boolValue == true {
      throw unsupported("\(name) is true")
    }
    for name in [
      "megatron_config", "trainable_token_indices", "arrow_config", "target_parameters", "alora_invocation_tokens",
    ] {
      guard let value = fields[name], !value.isNull, value.arrayValue?.isEmpty != true else { continue }
      throw unsupported("\(name) is set")
    }
  }

  /// What the additions are multiplied by.
  private struct Scales {
    let strength, alpha: Float
    let patterns: [(name: String, alpha: Float)]
    let isRankStabilized: Bool

    init(_ fields: JSON, strength: Float, origin: String) throws(AttendError) {
      func number(_ value: JSON?, _ name: String) throws(AttendError) -> Float? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.doubleValue.map({ Float($0) }), number.isFinite else {
          throw AttendError(.damagedFile, "\(origin): \(name) is \(value.kind), expected a number")
        }
        return number
      }
      guard strength.isFinite else {
        throw AttendError(
          .invalidInput, "an adapter's strength is \(strength)", hint: "it is a number such as 1 or 0.5")
      }
      self.strength = strength
      alpha = try number(fields["lora_alpha"], "lora_alpha") ?? 8
      // Kaljadzievski 2023, arXiv:2312.03732.
      isRankStabilized = fields["use_rslora"]?.boolValue ?? false
      var patterns: [(name: String, alpha: Float)] = []
      for (name, value) in fields["alpha_pattern"]?.objectValue ?? JSON.Object() {
        guard !name.contains(where: { "^$*+?()[]{}|\\".contains($0) }) else {
          throw AttendError(
            .unsupported, "\(origin): alpha_pattern has the expression \(quoted(name)), and only names are known",
            hint: "write the layers' names")
        }
        if let alpha = try number(value, "alpha_pattern") { patterns.append((name, alpha)) }
      }
      self.patterns = patterns
    }

    func scale(of weight: String, rank: Int) -> Float {
      let layer = weight.dropLast(".weight".count)
      let alpha = patterns.first { layer == $0.name || layer.hasSuffix("." + $0.name) }?.alpha ?? alpha
      return strength * alpha / (isRankStabilized ? Float(rank).squareRoot() : Float(rank))
    }
  }
}

extension LowRankAdapter {
  /// The additions of several adapters together, under the names of a model whose names start with `prefix`.
  static func factors(
    of adapters: [LowRankAdapter], basePrefix: String, names: Set<String>
  ) throws(AttendError) -> [String: LowRankPart.Factors] {
    var all: [String: LowRankPart.Factors] = [:]
    for adapter in adapters {
      for (name, factors) in adapter.factors {
        // An adapter of the base model alone does not name it.
        let name = names.contains(name) ? name : "\(basePrefix).\(name)"
        guard names.contains(name) else {
          throw AttendError(
            .parameterMismatch, "\(adapter.path) adapts \(name), which the model does not have",
            hint: "the adapter was made for another model")
        }
        guard let known = all[name] else {
          all[name] = factors
          continue
        }
        guard known.down.shape[1] == factors.down.shape[1], known.up.shape[0] == factors.up.shape[0] else {
          throw AttendError(
            .parameterMismatch, "\(adapter.path): the factors of \(name) have not the shape of another adapter's",
            hint: "the adapters were made for different models")
        }
        // The sum of two products is one product of a higher rank.
        all[name] = LowRankPart.Factors(
          down: .concatenated([known.down, factors.down], axis: 0), up: .concatenated([known.up, factors.up], axis: 1),
          scale: 1)
      }
    }
    return all
  }
}

/// A checkpoint's weights with those of adapters in their places.
struct AdaptedWeights: WeightSource {
  let base: any WeightSource
  let names: [String]
  var origin: String { base.origin }
  var replacedNames: Set<String> { Set(replaced.keys) }
  private let replaced: [String: (tensors: TensorDirectory, name: String)]

  init(_ base: any WeightSource, _ adapters: [LowRankAdapter], basePrefix: String) {
    self.base = base
    var names = base.names
    let known = Set(names)
    var replaced: [String: (tensors: TensorDirectory, name: String)] = [:]
    for adapter in adapters {
      for (parameter, name) in adapter.replaced {
        let inBase = "\(basePrefix).\(parameter)"
        let parameter = !known.contains(parameter) && known.contains(inBase) ? inBase : parameter
        if !known.contains(parameter), replaced[parameter] == nil { names.append(parameter) }
        replaced[parameter] = (adapter.replacements, name)
      }
    }
    self.names = names
    self.replaced = replaced
  }

  func weight(_ name: String) throws -> StoredWeight? {
    guard let place = replaced[name] else { return try base.weight(name) }
    let view = try place.tensors.tensor(place.name)
    let columns = view.shape.last ?? 1
    let matrix = Tensor(view.floats(), shape: [columns == 0 ? 0 : view.elementCount / columns, columns])
    return StoredWeight(shape: view.shape, source: MatrixSource(matrix))
  }
}
