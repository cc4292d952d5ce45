import AttendBase
import AttendFormats
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Tiny random encoder-decoders against PyTorch: hidden states, logits, derivatives, alignments, greedy tokens.
@Suite struct SequenceToSequenceTests {
  static let transformers = ["transformer", "transformer-prenorm", "transformer-variants", "transformer-text"]
  static let recurrent = [
    "seq2seq-lstm", "seq2seq-gru-bahdanau", "seq2seq-lstm-bahdanau", "seq2seq-lstm-luong", "seq2seq-rnn-luong",
    "seq2seq-gru-luong",
  ]
  static let folders = transformers + recurrent

  private func load(_ folder: String, _ precision: Precision = .exact) throws -> (Golden, any SequenceToSequenceModel) {
    let golden = try Golden(folder)
    return (golden, try ModelRegistry.loadSequenceToSequence(golden.checkpoint, precision: precision))
  }

  private func sequences(_ golden: Golden, _ name: String) throws -> [[Int32]] {
    var result: [[Int32]] = []
    while golden.contains("\(name).\(result.count)") {
      result.append(try golden.floats("\(name).\(result.count)").map { Int32($0) })
    }
    try #require(!result.isEmpty)
    return result
  }

  @Test(arguments: folders) func hiddenStatesAndLogits(_ folder: String) throws {
    let (golden, model) = try load(folder)
    var pass = ForwardPass(lengths: [], keepsHiddenStates: true)
    let logits = model.logits(
      source: try sequences(golden, "source"), target: try sequences(golden, "target"), &pass)
    #expect(largestDifference(logits, try tensor(golden, "logits")) <= 1e-4)
    guard Self.transformers.contains(folder) else { return }
    let states = try #require(pass.hiddenStates)
    #expect(golden.contains("hidden_states.\(states.count - 1)"))
    #expect(!golden.contains("hidden_states.\(states.count)"))
    for (index, state) in states.enumerated() {
      #expect(largestDifference(state, try tensor(golden, "hidden_states.\(index)")) <= 1e-4, "hidden state \(index)")
    }
  }

  private func tensor(_ golden: Golden, _ name: String) throws -> Tensor {
    Tensor(try golden.floats(name), shape: Shape(try golden.shape(name)))
  }

  @Test(arguments: transformers) func gradientsOfTransformers(_ folder: String) throws {
    try checkGradients(Transformer.self, folder)
  }

  @Test(arguments: recurrent) func gradientsOfRecurrentModels(_ folder: String) throws {
    try checkGradients(Seq2SeqRNN.self, folder)
  }

  private func checkGradients<Family: ModelFamily & SequenceToSequenceModel>(
    _ family: Family.Type, _ folder: String
  ) throws {
    let golden = try Golden(folder)
    let (config, source) = try ModelRegistry.read(family, golden.checkpoint)
    var parameters = Parameters()
    for name in golden.names where name.hasPrefix("grad.") {
      let weight = try #require(try source.weight(String(name.dropFirst(5))))
      parameters[String(name.dropFirst(5))] = weight.source.expanded().reshaped(Shape(weight.shape))
    }
    let leaves = parameters.leaves()
    let model = try WeightScope.build(around: leaves) { Family($0, config) }
    let targets = try sequences(golden, "target")
    var pass = ForwardPass(lengths: [])
    let logits = model.logits(source: try sequences(golden, "source"), target: targets, &pass)
    let ids = targets.flatMap { $0 }
    let loss = logits.crossEntropy(targets: Tensor(ids, shape: [ids.count]))
    #expect(abs(loss.item() - Double(try golden.floats("loss")[0])) <= 1e-5)
    let gradients = Tensor.gradients(of: loss, with: leaves.values)
    for (name, gradient) in zip(leaves.names, gradients) {
      #expect(largestDifference(gradient, try tensor(golden, "grad." + name)) <= 1e-4, "\(name)")
    }
  }

  @Test(arguments: folders) func alignments(_ folder: String) throws {
    let (golden, model) = try load(folder)
    let found = model.alignments(source: try sequences(golden, "source"), target: try sequences(golden, "target"))
    guard golden.contains("alignment.0") else {
      #expect(found == nil)
      return
    }
    let alignments = try #require(found)
    #expect(!golden.contains("alignment.\(alignments.count)"))
    for (index, alignment) in alignments.enumerated() {
      #expect(largestDifference(alignment, try tensor(golden, "alignment.\(index)")) <= 1e-5)
    }
  }

  /// All sources in one batch, so that rows leave it at different steps.
  @Test(arguments: folders) func greedyTokens(_ folder: String) throws {
    let (golden, model) = try load(folder)
    let expected = try sequences(golden, "greedy.target")
    #expect(try greedy(model, try sequences(golden, "greedy.source"), count: 12) == expected)
  }

  private func greedy(
    _ model: some SequenceToSequenceModel, _ sources: [[Int32]], count: Int
  ) throws -> [[Int32]] {
    var states = try model.encode(sources)
    var targets = sources.map { _ in [Int32]() }
    var running = Array(sources.indices)
    while !running.isEmpty {
      let logits = try model.step(running.map { targets[$0].last ?? model.startToken }, &states)
      for (row, index) in running.enumerated() {
        var values = logits.selected(axis: 0, row).scalars(Float.self)
        for token in model.neverPredicted { values[Int(token)] = -.infinity }
        targets[index].append(Int32(values.indices.max { values[$0] < values[$1] } ?? -1))
      }
      let isDone = running.map { targets[$0].last == model.endToken || targets[$0].count == count }
      states = zip(states, isDone).filter { !$1 }.map(\.0)
      running = zip(running, isDone).filter { !$1 }.map(\.0)
    }
    return targets
  }

  /// What is predicted for a sequence does not depend on its neighbours, bit for bit.
  @Test(arguments: folders, Precision.allCases) func rowsAlone(_ folder: String, _ precision: Precision) throws {
    let (golden, model) = try load(folder, precision)
    let (sources, targets) = (try sequences(golden, "source"), try sequences(golden, "target"))
    try stepsAlone(model, sources)
    // Teacher forcing of recurrent models pads to the longest sequence, whose length shapes sums.
    guard Self.transformers.contains(folder) else { return }
    var pass = ForwardPass(lengths: [])
    let together = model.logits(source: sources, target: targets, &pass)
    var start = 0
    for (source, target) in zip(sources, targets) {
      let alone = model.logits(source: [source], target: [target], &pass)
      let rows = together.sliced(axis: 0, start..<start + target.count)
      #expect(rows.scalars(Float.self) == alone.scalars(Float.self))
      start += target.count
    }
  }

  private func stepsAlone(_ model: some SequenceToSequenceModel, _ sources: [[Int32]]) throws {
    var states = try model.encode(sources)
    var alone = try sources.map { try model.encode([$0]) }
    for token in [model.startToken, 5, 9] {
      let together = try model.step(sources.map { _ in token }, &states)
      for index in sources.indices {
        let row = try model.step([token], &alone[index])
        #expect(together.selected(axis: 0, index).scalars(Float.self) == row.scalars(Float.self))
      }
    }
  }

  @Test func kindsAreToldApart() throws {
    let translator = try Golden("transformer").checkpoint
    let language = try Golden("gpt2").checkpoint
    let first = #expect(throws: AttendError.self) { try ModelRegistry.load(translator) }
    #expect(first?.code == .unsupported)
    #expect(first?.hint?.contains("attend translate") == true)
    let second = #expect(throws: AttendError.self) { try ModelRegistry.loadSequenceToSequence(language) }
    #expect(second?.code == .unsupported)
    #expect(second?.hint?.contains("attend generate") == true)
  }

  @Test func configurationIsCheckedInFull() throws {
    func code(_ changes: (String, JSON)...) -> AttendError.Code? {
      var object = JSON.Object()
      for (name, value) in [("vocab_size", 40), ("decoder_start_token_id", 1), ("eos_token_id", 2)] as [(String, JSON)]
      {
        object[name] = value
      }
      for (name, value) in changes { object[name] = value }
      do {
        _ = try Transformer.configuration(ConfigurationFields(object, origin: "config.json"))
        return nil
      } catch { return (error as? AttendError)?.code }
    }
    #expect(code() == nil)
    #expect(code(("eos_token_id", nil)) == .damagedFile)
    #expect(code(("eos_token_id", 40)) == .damagedFile)
    #expect(code(("decoder_start_token_id", -1)) == .damagedFile)
    #expect(code(("d_model", 30)) == .unsupported)
    #expect(code(("dropout", 1)) == .damagedFile)
    #expect(code(("alignment_heads", [[5, 7]])) == nil)
    #expect(code(("alignment_heads", [[6, 0]])) == .unsupported)
    #expect(code(("alignment_heads", [[0]])) == .damagedFile)
    #expect(code(("alignment_heads", 3)) == .damagedFile)
    #expect(code(("position_embedding_type", "rotary")) == .unsupported)
    #expect(code(("decoder_vocab_size", 41)) == .unsupported)
    #expect(code(("normalize_embedding", true)) == .unsupported)
    #expect(code(("surprise", 1)) == .unsupported)
  }

  @Test func recurrentConfigurationIsCheckedInFull() throws {
    func code(_ changes: (String, JSON)...) -> AttendError.Code? {
      var object = JSON.Object()
      for (name, value) in [("vocab_size", 40), ("decoder_start_token_id", 1), ("eos_token_id", 2)] as [(String, JSON)]
      {
        object[name] = value
      }
      for (name, value) in changes { object[name] = value }
      do {
        _ = try Seq2SeqRNN.configuration(ConfigurationFields(object, origin: "config.json"))
        return nil
      } catch { return (error as? AttendError)?.code }
    }
    #expect(code() == nil)
    #expect(code(("cell", "gru"), ("attention", "none"), ("layers", 3)) == nil)
    #expect(code(("cell", "sru")) == .unsupported)
    #expect(code(("attention", "dot")) == .unsupported)
    #expect(code(("d_model", 7)) == .unsupported)
    #expect(code(("d_model", 7), ("bidirectional", false)) == nil)
    #expect(code(("layers", 0)) == .damagedFile)
    #expect(code(("attention", "none"), ("tie_word_embeddings", true), ("embedding_dim", 4)) == .unsupported)
    #expect(code(("surprise", 1)) == .unsupported)
  }
}
