import AttendBase
import AttendNN
import AttendTensor

extension DecoderConfig {
  /// The fields that all of these families have, as a `config.json`.
  /// - Parameter activationName: what the family calls its activation.
  func sharedFields(activationName: String = "hidden_act") -> JSON.Object {
    var fields = JSON.Object()
    fields["vocab_size"] = JSON(vocabularySize)
    fields["hidden_size"] = JSON(hiddenSize)
    fields["intermediate_size"] = JSON(intermediateSize)
    fields["num_hidden_layers"] = JSON(layerCount)
    fields["num_attention_heads"] = JSON(headCount)
    fields["num_key_value_heads"] = JSON(keyValueHeadCount)
    fields["head_dim"] = JSON(headWidth)
    fields["max_position_embeddings"] = JSON(trainedContext)
    fields[activationName] = JSON(activation.huggingFaceName)
    fields["rms_norm_eps"] = JSON(shortest: normEpsilon)
    fields["tie_word_embeddings"] = JSON(tiesEmbeddings)
    globalRotary.write(to: &fields, contextLength: contextLength)
    if rotaryWidth != headWidth { fields["partial_rotary_factor"] = JSON(Double(rotaryWidth) / Double(headWidth)) }
    return fields
  }

  /// What `max_position_embeddings` says: dynamic scaling goes beyond it.
  private var trainedContext: Int {
    if case .dynamic(_, let context) = globalRotary.scaling { context } else { contextLength }
  }

  /// That of the layers that see everything, which `rope_theta` is about.
  private var globalRotary: RotaryFields {
    (layers.last { $0.window == nil } ?? layers.first)?.rotary ?? RotaryFields(base: 10_000)
  }

  /// Adds what metadata of GGUF files say besides: those of rotary embedding, and widths that readers leave out.
  func addGGUFFields(to fields: inout JSON.Object) {
    globalRotary.writeGGUF(to: &fields)
    fields["value_head_dim"] = JSON(headWidth)
    fields["rope_dimension_count"] = JSON(rotaryWidth)
  }

  /// `layer_types`.
  var layerTypes: [JSON] { layers.map { $0.window == nil ? "full_attention" : "sliding_attention" } }

  /// The number n for which every n-th layer sees everything and the others have a window; nil when there is none.
  var slidingPattern: Int? {
    // Without a layer that sees everything, any number beyond the last one.
    let pattern = (layers.firstIndex { $0.window == nil } ?? layers.count) + 1
    let follows = layers.indices.allSatisfy { ((($0 + 1) % pattern) != 0) == (layers[$0].window != nil) }
    return follows ? pattern : nil
  }

  /// The windows of layers; nil when no layer has one that is smaller than the context.
  var windows: (size: Int, fields: [JSON])? {
    guard let size = layers.compactMap(\.window).first, size < contextLength else { return nil }
    return (size, layerTypes)
  }

  /// Adds `sliding_window`, and `layer_types` where not all layers have one.
  func addWindow(to fields: inout JSON.Object) {
    fields["sliding_window"] = windows.map { JSON($0.size) } ?? .null
    if let windows, Set(windows.fields.compactMap(\.stringValue)).count > 1 {
      fields["layer_types"] = JSON(windows.fields)
    }
  }

  /// Adds windows as Qwen has them.
  func addQwenWindows(to fields: inout JSON.Object) {
    fields["use_sliding_window"] = JSON(windows != nil)
    guard let windows else { return }
    fields["sliding_window"] = JSON(windows.size)
    fields["layer_types"] = JSON(windows.fields)
  }

  /// Adds what Qwen's mixtures are.
  func addQwenExperts(to fields: inout JSON.Object) {
    guard let experts else { return }
    fields["num_experts"] = JSON(experts.count)
    fields["num_experts_per_tok"] = JSON(experts.chosen)
    fields["moe_intermediate_size"] = JSON(experts.intermediateSize)
    fields["norm_topk_prob"] = JSON(experts.normalizes)
    fields["decoder_sparse_step"] = 1
    fields["mlp_only_layers"] = JSON(layers.indices.filter { !layers[$0].isMixture })
    if let shared = experts.sharedIntermediateSize { fields["shared_expert_intermediate_size"] = JSON(shared) }
  }
}

extension Activation {
  /// What Hugging Face's configurations call it.
  var huggingFaceName: String {
    switch self {
    case .relu: "relu"
    case .silu: "silu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_pytorch_tanh"
    case .tanh: "tanh"
    }
  }
}

extension GGUFFamily where Self: DecoderFamily {
  static func ggufFields(of config: DecoderConfig) -> JSON.Object {
    var fields = fields(of: config)
    config.addGGUFFields(to: &fields)
    return fields
  }

  static func rotaryTensors(of config: DecoderConfig) -> RotaryTensors {
    var tensors = RotaryTensors()
    for layer in config.layers {
      switch layer.rotary.scaling {
      case .llama3(let factor, let low, let high, let context):
        tensors.divisors = Rotary.Scaling.llama3Divisors(
          width: config.rotaryWidth, base: layer.rotary.base, factor: factor, low: low, high: high, context: context)
      case .long(let short, let long, _, _): (tensors.short, tensors.long) = (short, long)
      default: continue
      }
      break
    }
    return tensors
  }

  static func take(_ tensors: RotaryTensors, into config: inout DecoderConfig, origin: String) throws {
    let pairs = config.rotaryWidth / 2
    for (name, values) in tensors.named where values.count != pairs {
      throw AttendError(.damagedFile, "\(origin): \(values.count) factors in \(name) for \(pairs) pairs of channels")
    }
    var divided: Rotary.Scaling?
    if let divisors = tensors.divisors, divisors.contains(where: { $0 != 1 }) {
      let base = config.layers.first?.rotary.base ?? 10_000
      guard let scaling = Rotary.Scaling.llama3(divisors: divisors, base: base) else {
        throw AttendError(
          .unsupported, "\(origin): rope_freqs.weight divides frequencies in a way that no config.json can say")
      }
      divided = scaling
    }
    for layer in config.layers.indices {
      let rotary = config.layers[layer].rotary
      config.layers[layer].rotary.scaling = rotary.scaling(short: tensors.short, long: tensors.long, config)
      if let divided {
        guard rotary.scaling == .none else {
          throw AttendError(.unsupported, "\(origin): rope_freqs.weight together with another scaling")
        }
        config.layers[layer].rotary.scaling = divided
      }
    }
  }
}
