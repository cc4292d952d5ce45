import AttendBase
import AttendGeneration
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct BeamSearchTests {
  static let folders = ["transformer", "transformer-prenorm", "transformer-text"]
  static let recurrent = ["seq2seq-lstm", "seq2seq-gru-bahdanau", "seq2seq-lstm-luong", "seq2seq-rnn-luong"]

  private func load(_ folder: String) throws -> (Golden, any SequenceToSequenceModel) {
    let golden = try Golden(folder)
    return (golden, try ModelRegistry.loadSequenceToSequence(golden.checkpoint, precision: .exact))
  }

  private func sequence(_ golden: Golden, _ name: String) throws -> [Int32] {
    try golden.floats(name).map { Int32($0) }
  }

  private func search(
    _ model: some SequenceToSequenceModel, _ sources: [[Int32]], _ options: TranslationOptions
  ) throws -> [TargetSequence] {
    try TargetSearch(model, options).run(sources)
  }

  private func whole(_ target: TargetSequence, _ model: any SequenceToSequenceModel) -> [Int32] {
    target.isComplete ? model.ended(target.tokens) : target.tokens
  }

  @Test(arguments: folders + recurrent) func greedySearchIsTheReferences(_ folder: String) throws {
    let (golden, model) = try load(folder)
    let sources = try (0..<4).map { try sequence(golden, "greedy.source.\($0)") }
    let found = try search(model, sources, TranslationOptions(beams: 1, maxTokens: 12))
    for (index, target) in found.enumerated() {
      #expect(try sequence(golden, "greedy.target.\(index)") == whole(target, model))
    }
  }

  static let searches: [(beams: Int, penalty: Float)] = [(2, 1), (4, 0), (5, 2)]

  /// The reference implementation's beam search, whose scores are those of ``TranslationOptions/lengthPenalty``. At the
  /// length limit it lets targets without an end win over finished ones; here they count only where nothing was finished.
  @Test(arguments: folders, searches)
  func beamSearchIsTheReferences(_ folder: String, _ kind: (beams: Int, penalty: Float)) throws {
    let (golden, model) = try load(folder)
    let sources = try (0..<4).map { try sequence(golden, "greedy.source.\($0)") }
    let found = try search(
      model, sources, TranslationOptions(beams: kind.beams, lengthPenalty: kind.penalty, maxTokens: 12))
    for (index, target) in found.enumerated() {
      let expected = try sequence(golden, "beam.\(kind.beams).target.\(index)")
      let score = Double(try golden.floats("beam.\(kind.beams).score.\(index)")[0])
      if target.isComplete, expected.last != model.endToken {
        #expect(target.score <= score + 1e-4)
      } else {
        #expect(whole(target, model) == expected)
        #expect(abs(target.score - score) <= 1e-4, "\(target.score), \(score)")
      }
    }
  }

  /// With a beam for every hypothesis the search is complete, so it must find the best of all targets.
  @Test(arguments: [Float(0), 0.6, 1, 2]) func wideBeamsFindTheBestOfAll(_ penalty: Float) throws {
    let model = try tiny()
    for source: [Int32] in [[3, 4, 2], [0, 2], [4, 4, 4, 3, 2]] {
      var best: (tokens: [Int32], score: Double) = ([], -.infinity)
      var open: [[Int32]] = [[]]
      for length in 1...4 {
        for tokens in open {
          let target = tokens + [2]
          var pass = ForwardPass(lengths: [])
          let rows = model.logits(source: [source], target: [target], &pass).logSoftmax()
          let sum = (0..<length).reduce(0.0) { $0 + rows[$1, Int(target[$1])] }
          let score = sum / power(Double(length), Double(penalty))
          if score > best.score { best = (tokens, score) }
        }
        open = open.flatMap { tokens in ([0, 3, 4] as [Int32]).map { tokens + [$0] } }
      }
      let found = try search(model, [source], TranslationOptions(beams: 64, lengthPenalty: penalty, maxTokens: 4))[0]
      #expect(found.tokens == best.tokens)
      #expect(abs(found.score - best.score) <= 1e-5)
      #expect(found.isComplete)
    }
  }

  /// Random weights, of five tokens: 1 starts, 2 ends.
  private func tiny() throws -> Transformer {
    var object = JSON.Object()
    for (name, value) in [
      ("vocab_size", 5), ("d_model", 8), ("encoder_layers", 1), ("decoder_layers", 1), ("encoder_attention_heads", 2),
      ("decoder_attention_heads", 2), ("decoder_start_token_id", 1), ("eos_token_id", 2),
    ] as [(String, JSON)] { object[name] = value }
    let config = try Transformer.configuration(ConfigurationFields(object, origin: "config.json"))
    return try Learner(seed: 11) { Transformer($0, config) }.model()
  }

  private func power(_ base: Double, _ exponent: Double) -> Double {
    Tensor([base], shape: [1]).power(exponent).item()
  }

  @Test(arguments: folders + recurrent, [1, 3]) func targetsDoNotDependOnNeighbours(_ folder: String, _ beams: Int)
    throws
  {
    let (golden, model) = try load(folder)
    let sources = try (0..<4).map { try sequence(golden, "greedy.source.\($0)") }
    let options = TranslationOptions(beams: beams, maxTokens: 10, alignment: true)
    let together = try search(model, sources + sources.reversed(), options)
    for (index, source) in sources.enumerated() {
      let alone = try search(model, [source], options)[0]
      for copy in [together[index], together[7 - index]] {
        #expect(copy.tokens == alone.tokens)
        #expect(copy.score == alone.score)
        #expect(copy.alignment == alone.alignment)
      }
      guard folder != "seq2seq-lstm" else {
        #expect(alone.alignment == nil)
        continue
      }
      let alignment = try #require(alone.alignment)
      #expect(alignment.count == whole(alone, model).count)
      for row in alignment {
        #expect(row.count == source.count)
        #expect(abs(row.reduce(0, +) - 1) < 1e-5)
      }
    }
  }

  @Test func valuesWithoutMeaningAreRefused() throws {
    let (_, model) = try load("transformer")
    func code(_ source: [Int32], _ options: TranslationOptions = .greedy) -> AttendError.Code? {
      do {
        _ = try search(model, [source], options)
        return nil
      } catch { return (error as? AttendError)?.code }
    }
    #expect(code([5, 2]) == nil)
    #expect(code([]) == .invalidInput)
    #expect(code([40, 2]) == .invalidInput)
    #expect(code([-1, 2]) == .invalidInput)
    #expect(code(Array(repeating: 3, count: 65)) == .contextOverflow)
    #expect(code([5, 2], TranslationOptions(beams: 0)) == .invalidInput)
    #expect(code([5, 2], TranslationOptions(beams: 65)) == .invalidInput)
    #expect(code([5, 2], TranslationOptions(lengthPenalty: .nan)) == .invalidInput)
    #expect(code([5, 2], TranslationOptions(maxTokens: 0)) == .invalidInput)
  }

  @Test func aCancelledSearchStops() throws {
    let (_, model) = try load("transformer")
    func run(_ model: some SequenceToSequenceModel) throws {
      _ = try TargetSearch(model, .greedy, isCancelled: { true }).run([[5, 2]])
    }
    #expect(throws: CancellationError.self) { try run(model) }
  }
}

extension Tensor {
  fileprivate subscript(row: Int, column: Int) -> Double {
    selected(axis: 0, row).selected(axis: 0, column).item()
  }
}
