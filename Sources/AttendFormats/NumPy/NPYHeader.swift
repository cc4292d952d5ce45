import AttendBase
import AttendTensor

/// The header of a NumPy array file: element type, order and shape, written as a Python dictionary.
///
/// Format: NEP 1, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NPYHeader {
  /// NumPy's name of the type: byte order, kind, bytes per element.
  var typeName = ""
  /// Whether the first axis, not the last, is the one whose elements lie next to each other.
  var isFortran = false
  var shape: [Int] = []
  /// Where the elements start.
  let dataStart: Int

  private static let longest = 1 << 16
  private static let highestRank = 64

  /// - Throws: `damagedFile`, `unsupported` for an array of records.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(AttendError) {
    var reader = ByteReader(bytes, file: file)
    let magic = try reader.readBytes(6, "the header")
    guard magic.elementsEqual([0x93] + Array("NUMPY".utf8)) else {
      throw reader.damage("does not start like a NumPy array", at: 0)
    }
    let version = try reader.read(UInt16.self, "the header") & 0xFF
    guard (1...3).contains(version) else {
      throw AttendError(.unsupported, "\(file): version \(version) of the NumPy format")
    }
    let length =
      version == 1
      ? Int(try reader.read(UInt16.self, "the header")) : Int(try reader.read(UInt32.self, "the header"))
    guard length <= NPYHeader.longest else { throw reader.damage("a header of \(length) bytes") }
    let text = try reader.readBytes(length, "the header")
    dataStart = reader.position
    var parser = PythonLiteralReader(bytes: text, reader: reader)
    try parser.expect("{")
    var found: Set<String> = []
    while !parser.skip("}") {
      let key = try parser.text()
      try parser.expect(":")
      switch key {
      case "descr":
        if parser.isNext("[") {
          throw AttendError(.unsupported, "\(file): an array of records", hint: "save each field as an array")
        }
        typeName = try parser.text()
      case "fortran_order": isFortran = try parser.boolean()
      case "shape": shape = try parser.tuple(limit: NPYHeader.highestRank)
      default: throw reader.damage("the header has the unknown key \(quoted(key))")
      }
      guard found.insert(key).inserted else { throw reader.damage("the header has \(quoted(key)) twice") }
      if !parser.skip(",") {
        try parser.expect("}")
        break
      }
    }
    guard found.count == 3 else { throw reader.damage("the header lacks the type, the order or the shape") }
  }

  /// Bytes per element; nil for types whose elements are not plain numbers.
  var elementSize: Int? {
    guard let kind = typeName.dropFirst().first, "biufc".contains(kind) else { return nil }
    return Int(typeName.dropFirst(2)).flatMap { (1...32).contains($0) ? $0 : nil }
  }

  var isBigEndian: Bool { typeName.first == ">" }

  /// Nil for types that this version does not read.
  var elementType: ElementType? {
    guard let order = typeName.first, "<>|=".contains(order) else { return nil }
    switch typeName.dropFirst() {
    case "f8": return .dense(.float64)
    case "f4": return .dense(.float32)
    case "f2": return .dense(.float16)
    case "i8": return .dense(.int64)
    case "i4": return .dense(.int32)
    case "i1": return .dense(.int8)
    case "u1": return .dense(.uint8)
    case "b1": return .dense(.bool)
    default: return nil
    }
  }
}

/// As much of Python's notation as such headers use.
private struct PythonLiteralReader {
  let bytes: UnsafeRawBufferPointer
  /// Makes the errors.
  let reader: ByteReader
  private var position = 0

  init(bytes: UnsafeRawBufferPointer, reader: ByteReader) {
    self.bytes = bytes
    self.reader = reader
  }

  mutating func isNext(_ character: Unicode.Scalar) -> Bool {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
    return position < bytes.count && bytes[position] == UInt8(ascii: character)
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard isNext(character) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(AttendError) {
    guard skip(character) else { throw reader.damage("the header is not what the NumPy format says") }
  }

  mutating func text() throws(AttendError) -> String {
    let quote: Unicode.Scalar = isNext("'") ? "'" : "\""
    try expect(quote)
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: quote), bytes[position] != UInt8(ascii: "\\") {
      position += 1
    }
    let text = String(validating: bytes[start..<position], as: UTF8.self)
    try expect(quote)
    guard let text else { throw reader.damage("the header is not UTF-8") }
    return text
  }

  mutating func boolean() throws(AttendError) -> Bool {
    let value = isNext("T")
    for character in (value ? "True" : "False").unicodeScalars { try expect(character) }
    return value
  }

  mutating func tuple(limit: Int) throws(AttendError) -> [Int] {
    try expect("(")
    var values: [Int] = []
    while !skip(")") {
      values.append(try length())
      guard values.count <= limit else { throw reader.damage("the array has more than \(limit) dimensions") }
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func length() throws(AttendError) -> Int {
    _ = isNext(" ")
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      let (tens, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !first, !second else { throw reader.damage("a dimension beyond 2⁶³") }
      value = sum
      position += 1
    }
    guard position > start else { throw reader.damage("the header is not what the NumPy format says") }
    // Python 2 wrote long integers with an L.
    _ = skip("L")
    return value
  }
}
