import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

/// One of ONNX's operator tests: an operator with its attributes, inputs, and the outputs that ONNX expects.
struct OperatorCase {
  let name: String
  let node: ONNXNode
  private let inputs: [TensorView?]
  /// By their place among the operator's outputs.
  let expected: [Int: TensorView]

  /// - Parameter folder: holds `model.onnx` and `test_data_set_0`.
  init(name: String, folder: String) throws {
    self.name = name
    let graph = try ONNXFile(path: "\(folder)/model.onnx").graph
    node = try #require(graph.nodes.first)
    #expect(graph.nodes.count == 1, "\(name)")
    func read(_ kind: String, _ names: [String]) throws -> [String: TensorView] {
      var views: [String: TensorView] = [:]
      for (number, name) in names.enumerated() {
        let file = try MappedFile(path: "\(folder)/test_data_set_0/\(kind)_\(number).pb")
        views[name] = try ONNXFile.tensor(file).view()
      }
      return views
    }
    let given = try read("input", graph.inputs)
    let wanted = try read("output", graph.outputs)
    inputs = node.inputs.map { given[$0] }
    var expected: [Int: TensorView] = [:]
    for (place, name) in node.outputs.enumerated() where !name.isEmpty { expected[place] = wanted[name] }
    self.expected = expected
  }

  /// An input as float32; nil when the operator is used without it.
  func input(_ place: Int) -> Tensor? {
    guard inputs.indices.contains(place), let view = inputs[place] else { return nil }
    return Tensor(view.floats(), shape: Shape(view.shape))
  }

  func require(_ place: Int) throws -> Tensor { try #require(input(place), "\(name)") }

  func integers(_ place: Int) -> [Int]? {
    guard inputs.indices.contains(place), let view = inputs[place] else { return nil }
    return view.withUnsafeBytes { bytes in
      (0..<view.elementCount).map { index in
        view.elementType == .dense(.int64)
          ? Int(bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
          : Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
      }
    }
  }

  func isBoolean(_ place: Int) -> Bool {
    inputs.indices.contains(place) && inputs[place]?.elementType == .dense(.bool)
  }

  func integer(_ attribute: String) -> Int? {
    if case .integer(let value) = node.attributes[attribute] { Int(value) } else { nil }
  }

  func float(_ attribute: String) -> Float? {
    if case .float(let value) = node.attributes[attribute] { value } else { nil }
  }

  func text(_ attribute: String) -> String? {
    if case .text(let value) = node.attributes[attribute] { value } else { nil }
  }

  /// Compares results with what ONNX expects: within 1e-5 of it, relatively where it is greater than 1. Half precision
  /// is expected to a few of its own steps.
  func check(_ results: [Int: Tensor]) {
    for (place, view) in expected {
      guard let result = results[place] else {
        Issue.record("\(name): nothing computes output \(place)")
        continue
      }
      #expect(Array(result.shape) == view.shape, "\(name), output \(place)")
      let isHalf = view.elementType == .dense(.float16)
      let tolerance: Float = isHalf ? 4e-3 : 1e-5
      let worst = zip(result.scalars(Float.self), view.floats()).map { result, expected -> Float in
        // The greatest finite value is as good as −∞ under a softmax.
        if result == expected || (result.isNaN && expected.isNaN) { return 0 }
        return abs(result - expected) / max(1, abs(expected))
      }.reduce(0) { $0.isNaN ? $0 : $1.isNaN ? $1 : max($0, $1) }
      #expect(worst <= tolerance, "\(name), output \(place)")
    }
  }
}
