import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// Spells Arabic names in Latin letters: a bidirectional GRU of two layers reads the letters, a GRU of two layers writes,
/// and at every step attends to the letters by qᵀ W h. Luong et al. 2015, arXiv:1508.04025, section 3.1 and equation 5.
///
/// Runs the published weights of `arabic-name-romanizer` 0.2, the initialisers of two ONNX files.
public struct NameTransliterator: Sendable {
  private static let (beginning, end, unknown): (Int32, Int32, Int32) = (1, 2, 3)
  private static let width = 256
  private static let longest = 32

  private let tokens: [String]
  private let ids: [String: Int32]
  private let vectors: Tensor
  private let reader: RecurrentNetwork
  /// From the mean of what was read to the writer's first state.
  private let bridge: Linear
  private let writer: RecurrentNetwork
  private let writtenVectors: Tensor
  /// W of the scores, `[width, width]`, for rows of queries.
  private let score: Tensor
  private let combine: Tensor
  private let combineBias: Tensor
  private let output: Linear

  /// - Parameter folder: holds `encoder.onnx`, `decoder.onnx` and `vocab.json`.
  /// - Throws: `parameterMismatch` when the files are of another model; what ``ONNXFile`` throws.
  public init(folder: String) throws {
    let (width, path) = (Self.width, folder + "/vocab.json")
    let json = try MappedFile(path: path).withUnsafeBytes { bytes in try JSON(parsing: bytes, source: path) }
    tokens = (json["tokens"]?.arrayValue ?? []).compactMap(\.stringValue)
    ids = Dictionary(tokens.enumerated().map { ($0.element, Int32($0.offset)) }) { first, _ in first }
    let count = tokens.count
    guard count > 4, tokens[1] == "<BOS>", tokens[2] == "<EOS>", ids.count == count else {
      throw AttendError(.damagedFile, "\(path): is not the vocabulary of such a model")
    }
    let encoder = try ONNXFile(path: folder + "/encoder.onnx").graph
    let weights = encoder.initializers
    vectors = try weights.floats("m.emb.weight", [count, width])
    let gates = ONNXGates.gru(hidden: width / 2)
    let layers = encoder.nodes.filter { $0.operatorType == "GRU" && $0.inputs.count > 3 }
    guard layers.count == 2 else {
      throw AttendError(.parameterMismatch, "\(folder)/encoder.onnx: has \(layers.count) GRU layers, not two")
    }
    // The exporter names these weights by numbers, so they are found through the layers that use them.
    let parts = try layers.flatMap { layer throws -> [RecurrentWeights] in
      let input = try weights.floats(layer.inputs[1], [2, 3 * width / 2, width])
      let recurrent = try weights.floats(layer.inputs[2], [2, 3 * width / 2, width / 2])
      let bias = try weights.floats(layer.inputs[3], [2, 3 * width])
      return (0..<2).map { gates.weights(input: input, recurrent: recurrent, bias: bias, direction: $0) }
    }
    reader = RecurrentNetwork(cell: gates.cell, weights: parts, isBidirectional: true)
    bridge = Linear(
      weight: Matrix(try weights.floats("m.bridge.weight", [width, width])),
      bias: try weights.floats("m.bridge.bias", [width]))

    let decoder = try ONNXFile(path: folder + "/decoder.onnx").graph
    let written = decoder.initializers
    writtenVectors = try written.floats("m.emb.weight", [count, width])
    writer = RecurrentNetwork(
      cell: gates.cell,
      weights: try (0..<2).map { layer throws in
        RecurrentWeights(
          input: try written.floats("m.decoder.weight_ih_l\(layer)", [3 * width, width]),
          hidden: try written.floats("m.decoder.weight_hh_l\(layer)", [3 * width, width]),
          inputBias: try written.floats("m.decoder.bias_ih_l\(layer)", [3 * width]),
          hiddenBias: try written.floats("m.decoder.bias_hh_l\(layer)", [3 * width]))
      })
    func factor(_ node: String) throws -> String {
      guard
        let name = decoder.nodes.first(where: { $0.name == node || $0.outputs == [node + "_output_0"] })?.inputs.last
      else { throw AttendError(.parameterMismatch, "\(folder)/decoder.onnx: there is no \(node)") }
      return name
    }
    score = try written.floats(factor("/attn_q/MatMul"), [width, width])
    combine = try written.floats(factor("/combine/MatMul"), [2 * width, width])
    combineBias = try written.floats("m.combine.bias", [width])
    output = Linear(
      weight: Matrix(try written.floats("m.out.weight", [count, width])),
      bias: try written.floats("m.out.bias", [count]))
  }

  /// The most probable spelling, one letter at a time, and its log-probability in nats.
  /// - Parameter name: normalized Arabic letters and spaces; others are unknown to the model.
  /// - Throws: `invalidInput` for a name of more than 1000 letters.
  public func callAsFunction(_ name: String) throws(AttendError) -> (text: String, logProbability: Double) {
    let scalars = name.unicodeScalars
    guard scalars.count <= 1000 else {
      throw AttendError(.invalidInput, "a name of \(scalars.count) letters is too long")
    }
    let source =
      ["<UNK_COUNTRY>", "<ROLE_UNKNOWN>"].map { ids[$0] ?? Self.unknown }
      + scalars.map { ids[String($0)] ?? Self.unknown } + [Self.end]
    var pass = ForwardPass(lengths: [source.count])
    let memory = reader(vectors.gather(rows: Tensor(source)), &pass).output
    let first = bridge(memory.mean(axes: [0], keepingDimensions: true)).tanh()
    var state = [RecurrentState(hidden: first), RecurrentState(hidden: first)]
    var token = Self.beginning
    var text = ""
    var total = 0.0
    for place in 0..<Self.longest {
      let step = writer.step(writtenVectors.gather(rows: Tensor([token])), state: state, &pass)
      state = step.state
      let weights = step.output.matmul(score).matmul(memory.transposed(0, 1)).softmax()
      let joined = Tensor.concatenated([step.output, weights.matmul(memory)], axis: 1)
      let logits = output((joined.matmul(combine) + combineBias).tanh()).logSoftmax().scalars(Float.self)
      // Padding is never written, and a name has a letter at least.
      let choices = logits.indices.dropFirst().filter { place > 0 || $0 != Int(Self.end) }
      guard let best = choices.max(by: { logits[$0] < logits[$1] }) else { break }
      total += Double(logits[best])
      token = Int32(best)
      if token == Self.end { break }
      if !tokens[best].hasPrefix("<") { text += tokens[best] }
    }
    return (text, total)
  }
}
