import AttendBase
import AttendTensor

/// An ONNX model: its weights by name, and its operators with their attributes, as written. Attend does not run such
/// graphs; model code asks for the weights it knows.
///
/// Format: onnx/onnx.proto of https://github.com/onnx/onnx
public struct ONNXFile: Sendable {
  public let graph: ONNXGraph
  /// Version of each set of operators, by its domain; the standard one's is "".
  public let operatorSets: [String: Int]

  /// Maps a file and reads its structure.
  ///
  /// - Throws: `damagedFile` with the place; `unsupported` for tensors kept in another folder; `limitExceeded` when
  ///   graphs are nested too deeply; `notFound`, also of a file with tensors that lies beside it; `system`.
  public init(path: String) throws(AttendError) {
    try self.init(MappedFile(path: path), folder: Folder.parent(of: path))
  }

  /// - Parameter folder: where files with tensors may be; none when nil.
  public init(_ file: MappedFile, folder: String? = nil) throws(AttendError) {
    self = try withExtendedLifetime(file) { () throws(AttendError) in try ONNXFile(reading: file, folder: folder) }
  }

  private init(reading file: MappedFile, folder: String?) throws(AttendError) {
    let tensors = ONNXTensorReader(file: file, folder: folder)
    var reader = ProtobufReader(file, 0..<file.count)
    var graph: Range<Int>?
    var sets: [String: Int] = [:]
    while let (field, value) = try reader.next() {
      switch field {
      case 7: graph = try reader.message(value)
      case 8:
        var entry = ProtobufReader(file, try reader.message(value))
        var domain = ""
        var version: Int64 = 0
        while let (field, value) = try entry.next() {
          if field == 1 { domain = try entry.text(value) }
          if field == 2 { version = try entry.integer(value) }
        }
        sets[domain] = Int(version)
      default: break
      }
    }
    guard let graph else { throw reader.damage("there is no graph; is this an ONNX model?", at: 0) }
    self.graph = try ONNXGraph(graph, tensors, depth: 0)
    operatorSets = sets
  }

  /// Reads a file that holds one tensor, as ONNX's test data does.
  ///
  /// - Throws: as ``init(path:)``.
  public static func tensor(_ file: MappedFile) throws(AttendError) -> TensorDirectory.Entry {
    try withExtendedLifetime(file) { () throws(AttendError) in
      try ONNXTensorReader(file: file, folder: nil).tensor(0..<file.count)
    }
  }
}

/// Operators and the weights they use.
public struct ONNXGraph: Sendable {
  public let name: String
  /// In an order in which they can run.
  public let nodes: [ONNXNode]
  /// The weights.
  public let initializers: TensorDirectory
  public let inputs: [String]
  public let outputs: [String]

  private static let deepest = 16

  init(_ range: Range<Int>, _ tensors: ONNXTensorReader, depth: Int) throws(AttendError) {
    var reader = ProtobufReader(tensors.file, range)
    guard depth < ONNXGraph.deepest else {
      throw AttendError(.limitExceeded, "\(tensors.file.path): graphs nested more than \(ONNXGraph.deepest) deep")
    }
    var name = ""
    var nodes: [ONNXNode] = []
    var weights: [TensorDirectory.Entry] = []
    var inputs: [String] = []
    var outputs: [String] = []
    while let (field, value) = try reader.next() {
      switch field {
      case 1: nodes.append(try ONNXNode(reader.message(value), tensors, depth: depth))
      case 2: name = try reader.text(value)
      case 5: weights.append(try tensors.tensor(reader.message(value)))
      case 11: inputs.append(try ONNXGraph.valueName(reader.message(value), reader.file))
      case 12: outputs.append(try ONNXGraph.valueName(reader.message(value), reader.file))
      default: break
      }
    }
    self.name = name
    self.nodes = nodes
    initializers = try TensorDirectory(weights)
    self.inputs = inputs
    self.outputs = outputs
  }

  private static func valueName(_ range: Range<Int>, _ file: MappedFile) throws(AttendError) -> String {
    var reader = ProtobufReader(file, range)
    var name = ""
    while let (field, value) = try reader.next() {
      if field == 1 { name = try reader.text(value) }
    }
    return name
  }
}

/// One use of an operator.
public struct ONNXNode: Sendable {
  public let name: String
  /// Such as `LSTM`.
  public let operatorType: String
  /// Empty for the standard operators.
  public let domain: String
  /// Names of values; empty where an optional one is left out.
  public let inputs: [String]
  public let outputs: [String]
  public let attributes: [String: ONNXAttribute]

  init(_ range: Range<Int>, _ tensors: ONNXTensorReader, depth: Int) throws(AttendError) {
    var reader = ProtobufReader(tensors.file, range)
    var name = ""
    var operatorType = ""
    var domain = ""
    var inputs: [String] = []
    var outputs: [String] = []
    var attributes: [String: ONNXAttribute] = [:]
    while let (field, value) = try reader.next() {
      switch field {
      case 1: inputs.append(try reader.text(value))
      case 2: outputs.append(try reader.text(value))
      case 3: name = try reader.text(value)
      case 4: operatorType = try reader.text(value)
      case 5:
        let (name, attribute) = try ONNXAttribute.read(reader.message(value), tensors, depth: depth)
        attributes[name] = attribute
      case 7: domain = try reader.text(value)
      default: break
      }
    }
    self.name = name
    self.operatorType = operatorType
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}

/// A constant that is part of an operator's use.
public enum ONNXAttribute: Sendable {
  case float(Float)
  case integer(Int64)
  case text(String)
  case tensor(TensorDirectory.Entry)
  case graph(ONNXGraph)
  case floats([Float])
  case integers([Int64])
  case texts([String])
  /// Of a kind that this version does not read.
  case other

  static func read(
    _ range: Range<Int>, _ tensors: ONNXTensorReader, depth: Int
  ) throws(AttendError) -> (String, ONNXAttribute) {
    var reader = ProtobufReader(tensors.file, range)
    var name = ""
    var type: Int64 = 0
    var floats: [Float] = []
    var integers: [Int64] = []
    var texts: [String] = []
    var single: ONNXAttribute = .other
    while let (field, value) = try reader.next() {
      switch field {
      case 1: name = try reader.text(value)
      case 2:
        var values: [Float] = []
        try reader.floats(value, into: &values)
        if let value = values.last { single = .float(value) }
      case 3: single = .integer(try reader.integer(value))
      // Not every such text is one.
      case 4: single = .text(String(decoding: tensors.file.bytes[try reader.message(value)], as: UTF8.self))
      case 5: single = .tensor(try tensors.tensor(reader.message(value)))
      case 6: single = .graph(try ONNXGraph(reader.message(value), tensors, depth: depth + 1))
      case 7: try reader.floats(value, into: &floats)
      case 8: try reader.integers(value, into: &integers)
      case 9: texts.append(String(decoding: tensors.file.bytes[try reader.message(value)], as: UTF8.self))
      case 20: type = try reader.integer(value)
      default: break
      }
    }
    switch type {
    case 6: return (name, .floats(floats))
    case 7: return (name, .integers(integers))
    case 8: return (name, .texts(texts))
    // Zeros need not be written.
    case 1: if case .float = single { return (name, single) } else { return (name, .float(0)) }
    case 2: if case .integer = single { return (name, single) } else { return (name, .integer(0)) }
    default: return (name, single)
    }
  }
}
