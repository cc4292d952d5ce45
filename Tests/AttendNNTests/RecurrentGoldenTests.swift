import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Recurrent networks against PyTorch: packed sequences of different lengths from random states.
@Suite struct RecurrentGoldenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let cell: RecurrentCell
    var options = RecurrentNetwork.Options()
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "rnn_tanh", cell: .tanh),
    Case(name: "rnn_relu", cell: .relu),
    Case(name: "rnn_deep", cell: .tanh, options: .init(layers: 3, hasBias: false)),
    Case(name: "lstm", cell: .lstm),
    Case(name: "lstm_no_bias", cell: .lstm, options: .init(hasBias: false)),
    Case(name: "lstm_projected", cell: .lstm, options: .init(layers: 2, projected: 3)),
    Case(name: "lstm_bidirectional", cell: .lstm, options: .init(layers: 2, isBidirectional: true)),
    Case(name: "gru", cell: .gru(.afterProduct)),
    Case(name: "gru_bidirectional", cell: .gru(.afterProduct), options: .init(layers: 2, isBidirectional: true)),
  ]

  @Test(arguments: cases)
  func agreesWithPyTorch(_ example: Case) throws {
    let file = try FixtureTensors("layers/recurrent.safetensors")
    func tensor(_ name: String) throws -> Tensor { try file.tensor("\(example.name).\(name)") }
    var parameters = Parameters()
    for name in file.names(under: example.name) where name.hasPrefix("weight_") || name.hasPrefix("bias_") {
      parameters[name] = try tensor(name)
    }
    let leaves = parameters.leaves()
    let (x, h0) = (try tensor("x").leaf(), try tensor("h0").leaf())
    let c0 = example.cell.hasCellState ? try tensor("c0").leaf() : nil
    let gates = try tensor("weight_hh_l0").shape[0] / example.cell.gates
    let network = try WeightScope.build(around: leaves) { scope in
      RecurrentNetwork(scope, cell: example.cell, inputs: x.shape[1], hidden: gates, options: example.options)
    }
    let initial = (0..<h0.shape[0]).map { index in
      RecurrentState(hidden: h0.selected(axis: 0, index), cell: c0?.selected(axis: 0, index))
    }
    var pass = ForwardPass(lengths: try file.integers("\(example.name).lengths"))
    let (output, final) = network(x, initial: initial, &pass)
    let hidden = Tensor.concatenated(final.map { $0.hidden.unsqueezed(0) }, axis: 0)
    #expect(largestDifference(output, try tensor("output")) <= 1e-5)
    #expect(largestDifference(hidden, try tensor("hn")) <= 1e-5)
    var loss = (output * (try tensor("upstream.output"))).sum() + (hidden * (try tensor("upstream.hn"))).sum()
    if c0 != nil {
      let cells = Tensor.concatenated(final.compactMap { $0.cell?.unsqueezed(0) }, axis: 0)
      #expect(largestDifference(cells, try tensor("cn")) <= 1e-5)
      loss = loss + (cells * (try tensor("upstream.cn"))).sum()
    }
    let named = leaves.names.compactMap { name in leaves[name].map { (name, $0) } }
    let wanted = [("x", x), ("h0", h0)] + (c0.map { [("c0", $0)] } ?? []) + named
    let gradients = Tensor.gradients(of: loss, with: wanted.map(\.1))
    for ((name, _), gradient) in zip(wanted, gradients) {
      #expect(largestDifference(gradient, try tensor("grad.\(name)")) <= 1e-4, "\(name)")
    }
  }
}
