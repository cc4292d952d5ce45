import AttendBase
import AttendTensor

/// Reads the tensors of an ONNX file. Their bytes stay where they are unless they are written as variable-length
/// integers.
final class ONNXTensorReader {
  let file: MappedFile
  /// Where files with tensors may be.
  private let folder: String?
  private var external: [String: MappedFile] = [:]

  private static let highestRank = 64

  init(file: MappedFile, folder: String?) {
    self.file = file
    self.folder = folder
  }

  /// What a tensor's message says, before it is known where its elements are.
  private struct Fields {
    var name = ""
    var shape: [Int64] = []
    var type: Int64 = 0
    var raw: Range<Int>?
    var floats: [Range<Int>] = []
    var doubles: [Range<Int>] = []
    var integers: [Int64] = []
    var location: [(key: String, value: String)] = []
    var isExternal = false
    var hasTexts = false
  }

  func tensor(_ range: Range<Int>) throws(AttendError) -> TensorDirectory.Entry {
    let fields = try self.fields(range)
    let reader = ProtobufReader(file, range)
    guard fields.shape.count <= ONNXTensorReader.highestRank else {
      throw reader.damage("the tensor \(quoted(fields.name)) has \(fields.shape.count) dimensions")
    }
    guard let type = ONNXType(fields.type) else {
      throw reader.damage("the tensor \(quoted(fields.name)) has the unknown type \(fields.type)")
    }
    let shape = fields.shape.map { Int(clamping: $0) }
    func entry(_ file: MappedFile, _ range: Range<Int>) -> TensorDirectory.Entry {
      .init(
        name: fields.name, typeName: type.name, elementType: type.elementType, shape: shape, file: file,
        byteRange: range)
    }
    // Texts and what else has no size of its own is listed only.
    guard type.bits > 0, !fields.hasTexts else { return entry(file, range.lowerBound..<range.lowerBound) }
    guard let size = byteCount(of: shape, elementsPerBlock: 1, bitsPerBlock: max(type.bits, 8)) else {
      throw reader.damage("the tensor \(quoted(fields.name)) cannot have the shape \(shape)")
    }
    // Four-bit types are packed and not read by this version.
    guard type.bits >= 8 else { return entry(file, range.lowerBound..<range.lowerBound) }
    let (source, bytes) = try elements(fields, type, size, reader)
    guard bytes.count == size else {
      throw reader.damage(
        "the tensor \(quoted(fields.name)) of \(type.name) \(shape) needs \(size) bytes but has \(bytes.count)")
    }
    return entry(source, bytes)
  }

  private func elements(
    _ fields: Fields, _ type: ONNXType, _ size: Int, _ reader: ProtobufReader
  ) throws(AttendError) -> (MappedFile, Range<Int>) {
    if fields.isExternal { return try externalData(fields, size) }
    if let raw = fields.raw { return (file, raw) }
    let pieces = type.name == "DOUBLE" ? fields.doubles : fields.floats
    if !pieces.isEmpty {
      guard type.name == "FLOAT" || type.name == "DOUBLE" else {
        throw reader.damage("the tensor \(quoted(fields.name)) of \(type.name) has its elements in the wrong field")
      }
      if pieces.count == 1 { return (file, pieces[0]) }
      var joined: [UInt8] = []
      for piece in pieces { joined += file.bytes[piece] }
      return (MappedFile(copying: joined, name: file.path), 0..<joined.count)
    }
    guard !fields.integers.isEmpty else { return (file, 0..<0) }
    guard type.isInteger else {
      throw reader.damage("the tensor \(quoted(fields.name)) of \(type.name) has its elements in the wrong field")
    }
    // As two's complement, cut to the type's width: how ONNX writes small types and half precision, too.
    let width = type.bits / 8
    var bytes: [UInt8] = []
    bytes.reserveCapacity(fields.integers.count * width)
    for value in fields.integers {
      for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * Int64(byte)))) }
    }
    return (MappedFile(copying: bytes, name: file.path), 0..<bytes.count)
  }

  private func fields(_ range: Range<Int>) throws(AttendError) -> Fields {
    var reader = ProtobufReader(file, range)
    var fields = Fields()
    while let (field, value) = try reader.next() {
      switch field {
      case 1: try reader.integers(value, into: &fields.shape)
      case 2: fields.type = try reader.integer(value)
      case 4: fields.floats.append(try run(value, 4, reader))
      case 5, 7, 11: try reader.integers(value, into: &fields.integers)
      case 6: fields.hasTexts = true
      case 8: fields.name = try reader.text(value)
      case 9: fields.raw = try reader.message(value)
      case 10: fields.doubles.append(try run(value, 8, reader))
      case 13:
        var entry = ProtobufReader(file, try reader.message(value))
        var pair = (key: "", value: "")
        while let (field, value) = try entry.next() {
          if field == 1 { pair.key = try entry.text(value) }
          if field == 2 { pair.value = try entry.text(value) }
        }
        fields.location.append(pair)
      case 14: fields.isExternal = try reader.integer(value) == 1
      default: break
      }
    }
    return fields
  }

  /// Where numbers of fixed width are, packed or one by one.
  private func run(
    _ value: ProtobufReader.Value, _ width: Int, _ reader: ProtobufReader
  ) throws(AttendError) -> Range<Int> {
    switch value {
    case .bytes(let range) where range.count % width == 0: return range
    case .fixed32 where width == 4: return reader.position - 4..<reader.position
    case .fixed64 where width == 8: return reader.position - 8..<reader.position
    default: throw reader.damage("numbers of the wrong width")
    }
  }

  /// Elements in a file of their own, which must lie beside this one.
  private func externalData(_ fields: Fields, _ size: Int) throws(AttendError) -> (MappedFile, Range<Int>) {
    func value(_ key: String) -> String? { fields.location.last { $0.key == key }?.value }
    guard let folder, let location = value("location") else {
      throw AttendError(.unsupported, "\(file.path): the tensor \(quoted(fields.name)) is in another file")
    }
    try checkPlainFileName(location, in: file.path)
    let other: MappedFile
    if let known = external[location] {
      other = known
    } else {
      other = try MappedFile(path: "\(folder)/\(location)")
      external[location] = other
    }
    let offset = value("offset").map { Int($0) } ?? 0
    let length = value("length").map { Int($0) } ?? size
    guard let offset, let length, offset >= 0, length >= 0, offset <= other.count, length <= other.count - offset
    else {
      throw AttendError(
        .damagedFile, "\(file.path): the tensor \(quoted(fields.name)) lies outside \(quoted(location))",
        hint: "fetch both files again")
    }
    return (other, offset..<offset + length)
  }
}

/// The element types of ONNX, by their numbers in `TensorProto.DataType`.
private struct ONNXType {
  let name: String
  /// 0 for texts.
  let bits: Int
  let elementType: ElementType?

  private static let names = [
    "", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32",
    "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ",
    "UINT4", "INT4", "FLOAT4E2M1",
  ]
  private static let bits = [
    0, 32, 8, 8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, 64, 128, 16, 8, 8, 8, 8, 4, 4, 4,
  ]
  private static let types: [String: DType] = [
    "FLOAT": .float32, "UINT8": .uint8, "INT8": .int8, "INT32": .int32, "INT64": .int64, "BOOL": .bool,
    "FLOAT16": .float16, "DOUBLE": .float64, "BFLOAT16": .bfloat16,
  ]

  init?(_ number: Int64) {
    guard number > 0, number < Int64(ONNXType.names.count) else { return nil }
    name = ONNXType.names[Int(number)]
    bits = ONNXType.bits[Int(number)]
    elementType = ONNXType.types[name].map(ElementType.dense)
  }

  /// Whether elements may be written as variable-length integers.
  var isInteger: Bool { bits <= 64 && name != "FLOAT" && name != "DOUBLE" && name != "COMPLEX64" }
}
