import AttendFormats
import AttendModels
import AttendTensor

/// What a conversion wrote.
public struct ConversionSummary: Sendable {
  /// Tensors of one type.
  public struct Weights: Sendable {
    public let type: String
    public fileprivate(set) var tensors, elements, bytes: Int
  }

  /// Tensors whose rows are not whole blocks of the type that they were meant to have.
  public struct Fallback: Sendable {
    public let from, to: String
    public fileprivate(set) var tensors: Int
  }

  /// What is stored, the type with most bytes first.
  public private(set) var weights: [Weights] = []
  public private(set) var fallbacks: [Fallback] = []
  /// What was lost, or may surprise.
  public internal(set) var notes: [String] = []
  /// Bytes of the weights before; `bytes` after.
  public let bytesBefore: Int

  public var tensors: Int { weights.reduce(0) { $0 + $1.tensors } }
  public var parameters: Int { weights.reduce(0) { $0 + $1.elements } }
  public var bytes: Int { weights.reduce(0) { $0 + $1.bytes } }
  public var bitsPerWeight: Double { parameters == 0 ? 0 : 8 * Double(bytes) / Double(parameters) }

  init(bytesBefore: Int) { self.bytesBefore = bytesBefore }

  mutating func add(_ tensor: ConvertedTensor, as type: ElementType, insteadOf wanted: BlockFormat?) {
    let name = type.fileName
    let elements = tensor.elementCount
    let bytes = elements / type.elementsPerBlock * type.bytesPerBlock
    let index = weights.firstIndex { $0.type == name } ?? weights.count
    if index == weights.count { weights.append(Weights(type: name, tensors: 0, elements: 0, bytes: 0)) }
    weights[index].tensors += 1
    weights[index].elements += elements
    weights[index].bytes += bytes
    guard let wanted else { return }
    let place = fallbacks.firstIndex { $0.from == wanted.rawValue && $0.to == name } ?? fallbacks.count
    if place == fallbacks.count { fallbacks.append(Fallback(from: wanted.rawValue, to: name, tensors: 0)) }
    fallbacks[place].tensors += 1
  }

  mutating func finish() { weights.sort { ($1.bytes, $0.type) < ($0.bytes, $1.type) } }
}

extension ElementType {
  /// The name that files and tools use.
  package var fileName: String {
    switch self {
    case .dense(.float32): "F32"
    case .dense(.float16): "F16"
    case .dense(.bfloat16): "BF16"
    default: description
    }
  }
}
