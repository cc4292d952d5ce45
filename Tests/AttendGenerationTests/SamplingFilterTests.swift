import AttendBase
import AttendGeneration
import AttendTestSupport
import Testing

/// Filters and penalties against the reference implementation, and against their definitions written plainly.
@Suite struct SamplingFilterTests {
  private static let cases: [JSON] = {
    let file = try? MappedFile(path: TestFixtures.path("sampling.json"))
    return file.flatMap { try? JSON(parsing: $0.copied, source: "sampling.json").arrayValue } ?? []
  }()

  private func floats(_ json: JSON?) -> [Float] {
    json?.arrayValue?.compactMap { $0.doubleValue.map(Float.init) } ?? []
  }

  private func draw(_ sampler: inout Sampler, _ logits: [Float], step: Int) throws -> Int {
    try Int(
      logits.withUnsafeBufferPointer { row in
        Result { () throws(AttendError) in try sampler.choose(from: row, step: step) }
      }.get())
  }

  @Test func filtersLeaveWhatTheReferenceLeaves() throws {
    #expect(Self.cases.count == 40)
    for (index, json) in Self.cases.enumerated() {
      func number(_ name: String) -> Float? { json[name]?.doubleValue.map(Float.init) }
      let sampling = Sampling(
        temperature: try #require(number("temperature")), topK: json["topK"]?.intValue, topP: number("topP"),
        minP: number("minP"), typicalP: number("typicalP"), seed: 3)
      let expected = floats(json["probabilities"]).map(Double.init)
      let logits = floats(json["logits"])
      var sampler = Sampler(sampling)
      var counts = [Int](repeating: 0, count: logits.count)
      let draws = 3000
      for step in 0..<draws { counts[try draw(&sampler, logits, step: step)] += 1 }
      var statistic = 0.0
      for (count, probability) in zip(counts, expected) {
        #expect(probability > 0 || count == 0, "case \(index): a token that is out was drawn")
        let mean = probability * Double(draws)
        if mean > 0 { statistic += (Double(count) - mean) * (Double(count) - mean) / mean }
      }
      // With up to 19 tokens left: exceeded once in a million cases; the seed is fixed.
      #expect(statistic < 65, "case \(index)")
    }
  }

  @Test func repetitionIsPenalizedAsTheReferenceDoes() throws {
    for json in Self.cases {
      var sampling = Sampling()
      sampling.penalties.repetition = try #require(json["repetition"]?.doubleValue.map(Float.init))
      let ids = floats(json["ids"]).map { Int32($0) }
      // Whether a token stands in the prompt or in the answer does not matter.
      for split in [0, 5, ids.count] {
        var history = TokenHistory(sampling, prompt: Array(ids[..<split])) { _ in false }
        for id in ids[split...] { history.note(id) }
        var logits = floats(json["logits"])
        logits.withUnsafeMutableBufferPointer { history.adjust($0) }
        let expected = floats(json["penalized"])
        #expect(zip(logits, expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($1), 1) })
      }
    }
  }

  /// Presence and frequency count the answer, within the window; bias comes first.
  @Test func penaltiesCountTheAnswer() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<200 {
      func ids(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32.random(in: 0..<9, using: &random) } }
      let (prompt, answer) = (ids(Int.random(in: 0...8, using: &random)), ids(Int.random(in: 0...12, using: &random)))
      var sampling = Sampling()
      sampling.penalties = TokenPenalties(
        repetition: 1.5, presence: 0.25, frequency: 0.5, window: Bool.random(using: &random) ? 6 : nil)
      sampling.bias = [2: 1, 5: -.infinity]
      var history = TokenHistory(sampling, prompt: prompt) { _ in false }
      for id in answer { history.note(id) }
      let logits = (0..<9).map { _ in Float(random.normal()) }
      var adjusted = logits
      adjusted.withUnsafeMutableBufferPointer { history.adjust($0) }

      let window = sampling.penalties.window ?? .max
      let seen = (prompt.map { ($0, false) } + answer.map { ($0, true) }).suffix(window)
      for token in 0..<9 {
        var expected = logits[token] + (sampling.bias[Int32(token)] ?? 0)
        let here = seen.filter { $0.0 == token }
        if !here.isEmpty { expected = expected < 0 ? expected * 1.5 : expected / 1.5 }
        let said = here.filter { $0.1 }.count
        if said > 0 { expected -= 0.25 + 0.5 * Float(said) }
        #expect(adjusted[token] == expected || abs(adjusted[token] - expected) < 1e-5)
      }
    }
  }

  /// Against the definition: for every earlier place, how many tokens before it are those at the end.
  @Test func repeatedSequencesAreDiscouraged() {
    var random = SeededRandom(seed: 6)
    for round in 0..<300 {
      let count = Int.random(in: 0...40, using: &random)
      let tokens = (0..<count).map { _ in Int32.random(in: 0..<(round % 2 == 0 ? 2 : 5), using: &random) }
      var sampling = Sampling()
      let dry = RepetitionPenalty(
        multiplier: 0.5, base: 1.5, allowedLength: Int.random(in: 1...3, using: &random),
        window: round % 3 == 0 ? 15 : nil)
      sampling.dry = dry
      let breaker: Int32 = round % 4 == 0 ? 1 : 7
      let split = count / 3
      var history = TokenHistory(sampling, prompt: Array(tokens[..<split])) { $0 == breaker }
      for token in tokens[split...] { history.note(token) }
      var adjusted = [Float](repeating: 0, count: 5)
      adjusted.withUnsafeMutableBufferPointer { history.adjust($0) }

      let seen = Array(tokens.suffix(dry.window ?? .max))
      var expected = [Float](repeating: 0, count: 5)
      for place in seen.indices {
        var length = 0
        while length < place, seen[place - 1 - length] == seen[seen.count - 1 - length],
          seen[place - 1 - length] != breaker
        {
          length += 1
        }
        guard length >= dry.allowedLength else { continue }
        var loss = dry.multiplier
        for _ in dry.allowedLength..<length { loss *= dry.base }
        expected[Int(seen[place])] = min(expected[Int(seen[place])], -loss)
      }
      #expect(zip(adjusted, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(abs($1), 1) }, "round \(round)")
    }
    // A long repetition costs much and stays a number.
    var sampling = Sampling()
    sampling.dry = RepetitionPenalty()
    var history = TokenHistory(sampling, prompt: [Int32](repeating: 1, count: 5000)) { _ in false }
    history.note(1)
    var logits: [Float] = [1, 2, -.infinity]
    logits.withUnsafeMutableBufferPointer { history.adjust($0) }
    #expect(logits[0] == 1 && logits[1] < -1e30 && logits[1].isFinite && logits[2] == -.infinity)
  }

  @Test func sigmasAreThoseOfTheLogits() throws {
    // Mean 2, standard deviation 2.
    let logits: [Float] = [0, 0, 2, 2, 2, 6, .infinity * -1]
    for (sigmas, kept) in [(0, [5]), (1.9, [5]), (2.1, [2, 3, 4, 5]), (3.1, [0, 1, 2, 3, 4, 5])] as [(Float, Set<Int>)]
    {
      var sampler = Sampler(Sampling(temperature: 3, topNSigma: sigmas, seed: 1))
      var drawn: Set<Int> = []
      for step in 0..<400 { drawn.insert(try draw(&sampler, logits, step: step)) }
      #expect(drawn == kept)
    }
  }

  @Test func logProbabilitiesAreThoseOfTheModel() async throws {
    let model = ScriptedModel(vocabularySize: 4) { _, _ in [1, 2, 0, 3] }
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    var options = GenerationOptions(sampling: Sampling(temperature: 0.1, seed: 1), maxTokens: 3)
    options.sampling.bias = [3: -.infinity]
    options.logProbabilities = 2
    var found: [LogProbabilities] = []
    for try await event in generator.generate([0], options) {
      if case .logProbabilities(let token) = event { found.append(token) }
    }
    #expect(found.count == 3)
    for token in found {
      // e^1 + e^2 + e^0 + e^3, whose logarithm is 3.4401897.
      #expect(token.chosen.token == 1 && abs(token.chosen.logProbability - (2 - 3.4401897)) < 1e-5)
      #expect(token.most.map(\.token) == [3, 1])
      #expect(abs(token.most[0].logProbability - (3 - 3.4401897)) < 1e-5)
    }
  }

  @Test func samplesDifferAndTheFirstIsTheSeeds() async throws {
    let model = ScriptedModel(vocabularySize: 50) { _, _ in [Float](repeating: 0, count: 50) }
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    let options = GenerationOptions(sampling: .temperature(1, seed: 9), maxTokens: 12)
    var answers: [[Int32]] = []
    for generation in generator.generate([0], options, samples: 3) { answers.append(try await tokens(generation)) }
    #expect(Set(answers).count == 3)
    #expect(answers[0] == (try await tokens(generator.generate([0], options))))
    var next = options
    next.sampling.seed = 10
    #expect(answers[1] == (try await tokens(generator.generate([0], next))))
  }

  @Test func valuesWithoutMeaningAreRefused() async throws {
    let generator = try Generator(
      model: ScriptedModel(vocabularySize: 2) { _, _ in [0, 1] }, tokenizer: nil, precision: .exact)
    let changes: [(inout Sampling) -> Void] = [
      { $0.minP = 1.5 }, { $0.minP = .nan }, { $0.typicalP = 0 }, { $0.topNSigma = -1 }, { $0.topNSigma = .infinity },
      { $0.penalties.repetition = 0 }, { $0.penalties.presence = .nan }, { $0.penalties.window = 0 },
      { $0.dry = RepetitionPenalty(base: 0.5) }, { $0.dry = RepetitionPenalty(allowedLength: 0) },
      { $0.bias = [0: .nan] }, { $0.bias = [0: .infinity] }, { $0.bias = [2: 1] }, { $0.bias = [-1: 1] },
    ]
    for change in changes {
      var options = GenerationOptions()
      change(&options.sampling)
      #expect(await failure(generator.generate([0], options))?.code == .invalidInput)
    }
    var options = GenerationOptions()
    options.logProbabilities = -1
    #expect(await failure(generator.generate([0], options))?.code == .invalidInput)
  }
}
