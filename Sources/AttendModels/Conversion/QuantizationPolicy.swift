import AttendFormats
import AttendTensor

/// Which type each tensor of a GGUF file gets. The choices are llama.cpp's (`llama-quant.cpp`), where `Q4_K` and
/// `Q5_K` stand for its mixtures `Q4_K_M` and `Q5_K_M`.
///
/// Vectors, norms, routers and learned positions are float32. The output matrix, or the embedding that serves as
/// one, gets Q6_K, unless all is Q8_0. In the K mixtures the matrices that err most, values and down projections, get
/// Q6_K in the first and last eighth of the layers and in every third between.
package struct QuantizationPolicy: Sendable {
  /// What most matrices get.
  let target: ElementType
  let layers: Int
  let experts: Int
  /// Whether the embedding is the output matrix too.
  let tiesEmbeddings: Bool

  /// - Parameters:
  ///   - metadata: of the file that is written.
  ///   - names: of all of its tensors.
  package init(_ target: ElementType, metadata: GGUFMetadata, names: some Sequence<String>) {
    self.target = target
    let architecture = metadata["general.architecture"]?.stringValue ?? ""
    layers = metadata[architecture + ".block_count"]?.intValue ?? 0
    experts = metadata[architecture + ".expert_count"]?.intValue ?? 0
    tiesEmbeddings = !names.contains("output.weight")
  }

  /// The type of a tensor, and the one it was meant to have where its rows are not whole blocks of that.
  package func type(of tensor: ConvertedTensor) -> (type: ElementType, insteadOf: BlockFormat?) {
    guard isLarge(tensor), let columns = tensor.shape.last else {
      // What is neither a float nor blocks stays what it is.
      return (
        tensor.storedType.isQuantized || tensor.storedType.canBeEncoded ? .dense(.float32) : tensor.storedType, nil
      )
    }
    guard case .blocks(let format) = target else { return (target, nil) }
    let wanted = wanted(format, tensor.name, columns: columns)
    if columns % wanted.elementsPerBlock == 0 { return (.blocks(wanted), nil) }
    let smaller: BlockFormat? =
      switch wanted {
      case .q4K: .q50
      case .q5K: .q51
      case .q6K: .q80
      default: nil
      }
    guard let smaller, columns % smaller.elementsPerBlock == 0 else { return (.dense(.float16), wanted) }
    return (.blocks(smaller), wanted)
  }

  private func isLarge(_ tensor: ConvertedTensor) -> Bool {
    let name = tensor.name
    return tensor.isMatrix && name.hasSuffix("weight") && !name.hasSuffix("_norm.weight")
      && !name.hasSuffix("ffn_gate_inp.weight") && name != "position_embd.weight" && name != "token_types.weight"
  }

  private func wanted(_ format: BlockFormat, _ name: String, columns: Int) -> BlockFormat {
    let parts = name.split(separator: ".")
    if name == "output.weight" || name == "token_embd.weight" && tiesEmbeddings {
      if columns % format.elementsPerBlock != 0 || format == .q80 { return .q80 }
      return .q6K
    }
    guard parts.count > 2, parts[0] == "blk", let layer = Int(parts[1]) else { return format }
    let isMixture = format == .q4K || format == .q5K
    switch parts[2] {
    case "attn_v", "attn_qkv":
      if experts == 8 { return .q80 }
      return isMixture && errsMore(layer) ? .q6K : format
    case "attn_k" where experts == 8: return .q80
    case "attn_output" where experts == 8 && format == .q4K: return .q5K
    case "ffn_down", "ffn_down_exps", "ffn_down_shexp": return isMixture && errsMore(layer) ? .q6K : format
    default: return format
    }
  }

  private func errsMore(_ layer: Int) -> Bool {
    layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
  }
}

extension BlockFormat {
  /// The formats that models are quantized to.
  package static let quantizationTargets: [BlockFormat] = [.q80, .q40, .q41, .q50, .q51, .q4K, .q5K, .q6K]
}

extension ElementType {
  /// `general.file_type` of a file whose matrices mostly have this type: `llama_ftype` of `llama.h`.
  package var ggufFileType: UInt32? {
    switch self {
    case .dense(.float32): 0
    case .dense(.float16): 1
    case .dense(.bfloat16): 32
    case .blocks(.q40): 2
    case .blocks(.q41): 3
    case .blocks(.q80): 7
    case .blocks(.q50): 8
    case .blocks(.q51): 9
    case .blocks(.q4K): 15
    case .blocks(.q5K): 17
    case .blocks(.q6K): 18
    case .dense, .blocks: nil
    }
  }
}
