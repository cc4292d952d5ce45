import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// Task D: translation with known alignment by encoder-decoders with and without attention, by sentence length.
package struct AlignmentStudy: Sendable {
  package static let exact = "exact match"
  package static let aligned = "alignment"
  private static let learned = 0.9
  private static let testLengths = [4, 6, 8, 10]

  /// Lengths of training sentences.
  package var lengths = 3...8
  /// Words of each language.
  package var words = 20
  package var steps: Int
  package var batch: Int
  package var rates: [Double]
  package var seeds: [UInt64]
  /// Sentences of each length.
  package var testSize = 100

  package init(
    lengths: ClosedRange<Int> = 3...8, words: Int = 20, steps: Int, batch: Int, rates: [Double], seeds: [UInt64],
    testSize: Int = 100
  ) {
    self.lengths = lengths
    self.words = words
    self.steps = steps
    self.batch = batch
    self.rates = rates
    self.seeds = seeds
    self.testSize = testSize
  }

  package func run(_ workers: StudyWorkers) throws -> StudyResult {
    let entries = Translator.allCases.map { translator in
      Contest.Entry(model: translator.rawValue, condition: 0) { rate, seed in
        try train(translator, rate: rate, seed: seed, workers)
      }
    }
    let contest = Contest(entries: entries, rates: rates, seeds: seeds)
    let standings = try contest.run(workers)
    let notes = try Dictionary(
      uniqueKeysWithValues: Translator.allCases.map {
        ($0.rawValue, "\(try $0.learner(vocabulary: words + 2, seed: 1).parameters.elementCount) parameters")
      })
    func measure(_ name: String, _ models: [Translator], isLearned: @escaping (Double) -> Bool) -> StudyMeasure {
      StudyMeasure(
        name: name, axis: "words in the sentence",
        series: standings.filter { standing in models.contains { $0.rawValue == standing.model } }
          .grouped { standing in
            Self.testLengths.map { standing.point(name, Double($0), isLearned: isLearned) }
          }
          .map { StudySeries(name: $0.name, note: notes[$0.name] ?? "", points: $0.points) })
    }
    var result = StudyResult(
      task: .translation,
      setup: [
        "\(words) words with one translation each; an adjective before its noun follows it in the translation; trained on "
          + "\(lengths.lowerBound) to \(lengths.upperBound) words",
        "\(steps) updates of \(batch) sentences, tested greedily on \(testSize) of each length; \(StudyText.count(seeds.count, "seed")); "
          + contest.ratesText,
        "alignment: how often the source word with the largest attention is the right one; ✗: below "
          + "\(StudyText.percent(Self.learned)), not learned in this budget",
      ],
      measures: [
        measure(Self.exact, Translator.allCases) { $0 >= Self.learned },
        measure(Self.aligned, Translator.allCases.filter(\.hasAttention)) { $0 >= Self.learned },
      ])
    judge(&result)
    return result
  }

  private func train(
    _ translator: Translator, rate: Double, seed: UInt64, _ workers: StudyWorkers
  ) throws -> Contest.Outcome {
    let language = SwapLanguage(words: words, seed: seed)
    var learner = try translator.learner(vocabulary: language.vocabularySize, seed: seed)
    let isFinite = try TrainingPlan(steps: steps, learningRate: rate).train(&learner, workers) { model, step in
      var random = StudyStream.training.random(seed, step)
      let pairs = (0..<batch).map { _ in
        language.pair(length: Int.random(in: lengths, using: &random), using: &random)
      }
      var pass = ForwardPass(lengths: [])
      return model.logits(source: pairs.map(\.source), target: pairs.map(\.target), &pass)
        .crossEntropy(targets: Tensor(pairs.flatMap(\.target)))
    }
    guard isFinite else { return Contest.Outcome() }
    let model = try learner.model()
    let held = language.pairs(testSize, length: lengths.upperBound, random: StudyStream.validation.random(seed))
    var outcome = Contest.Outcome(
      validation: -(try TranslationScore(model, held).exact), tests: [Self.exact: [:], Self.aligned: [:]])
    for length in Self.testLengths {
      let score = try TranslationScore(
        model, language.pairs(testSize, length: length, random: StudyStream.test.random(seed, length)))
      outcome.tests[Self.exact]?[Double(length)] = score.exact
      outcome.tests[Self.aligned]?[Double(length)] = score.alignment
    }
    return outcome
  }

  private func judge(_ result: inout StudyResult) {
    guard let exact = result.measure(Self.exact), let aligned = result.measure(Self.aligned) else { return }
    func at(_ translator: Translator, _ length: Double) -> Double { exact.median(translator.rawValue, length) ?? .nan }
    // How far a model without attention gets depends on the budget; that the others are ahead of it must not.
    func claim(_ translator: Translator) -> StudyClaim {
      func runs(_ translator: Translator) -> StudyPoint? {
        exact.series.first { $0.name == translator.rawValue }?[8]
      }
      let worst = runs(translator)?.minimum ?? .nan
      let best = runs(.plain)?.maximum ?? .nan
      return StudyClaim(
        text:
          "at length 8 the worst run of \(translator.rawValue) gets at least 0.1 more sentences right than the best "
          + "run of a GRU without attention",
        measured: "\(StudyText.percent(worst)) and \(StudyText.percent(best))", holds: worst >= best + 0.1)
    }
    result.claims = [claim(.bahdanau), claim(.transformer)]
    result.findings = [
      "Without attention everything goes through one vector, and long sentences suffer: "
        + Self.testLengths.map { "\(StudyText.percent(at(.plain, Double($0)))) at length \($0)" }.joined(
          separator: ", ")
        + ".",
      "Attention does not make a model generalise to longer sentences: at length 10, two words more than any in "
        + "training, \(Translator.bahdanau.rawValue) has \(StudyText.percent(at(.bahdanau, 10))) (length 8: "
        + "\(StudyText.percent(at(.bahdanau, 8)))) and \(Translator.transformer.rawValue) "
        + "\(StudyText.percent(at(.transformer, 10))) (\(StudyText.percent(at(.transformer, 8)))).",
      "Attention need not point at the translated word for the translation to be right: at length 8 it does so "
        + Translator.allCases.filter(\.hasAttention).map {
          "\(StudyText.percent(aligned.median($0.rawValue, 8) ?? .nan)) of the time in \($0.rawValue)"
        }.joined(separator: " and ") + ".",
    ]
  }
}

extension AlignmentStudy {
  package init(tier: StudyTier, seeds: [UInt64]) {
    switch tier {
    case .smoke: self.init(steps: 400, batch: 48, rates: [5e-3], seeds: seeds)
    case .standard: self.init(steps: 800, batch: 64, rates: [2e-3, 5e-3], seeds: seeds)
    case .full: self.init(steps: 3000, batch: 64, rates: [1e-3, 2e-3, 5e-3], seeds: seeds, testSize: 500)
    }
  }
}

/// How well a model translates sentences whose alignment is known.
package struct TranslationScore {
  /// The share of sentences whose greedy translation is right from the first word to the end token.
  package let exact: Double
  /// The share of target words, given the right words before, at which the source word with the largest attention is
  /// the one that they translate; nil without attention.
  package let alignment: Double?

  package init(_ model: any SequenceToSequenceModel, _ pairs: [SwapLanguage.Pair]) throws {
    let translations = try Self.translate(model, pairs.map(\.source))
    exact = Double(zip(pairs, translations).count { $0.target == $1 }) / Double(max(pairs.count, 1))
    guard let weights = model.alignments(source: pairs.map(\.source), target: pairs.map(\.target)) else {
      alignment = nil
      return
    }
    var (right, all) = (0, 0)
    for (pair, weights) in zip(pairs, weights) {
      let places = weights.argmax().scalars(Int64.self)
      right += zip(places, pair.alignment).count { $0 == Int64($1) }
      all += pair.alignment.count
    }
    alignment = Double(right) / Double(max(all, 1))
  }

  /// The most probable word at each place, up to the end token or twice the source's length.
  private static func translate(_ model: some SequenceToSequenceModel, _ sources: [[Int32]]) throws -> [[Int32]] {
    var states = try model.encode(sources)
    var translations = Array(repeating: [Int32](), count: sources.count)
    var tokens = Array(repeating: model.startToken, count: sources.count)
    let longest = 2 * (sources.map(\.count).max() ?? 0)
    for _ in 0..<longest where translations.contains(where: { $0.last != model.endToken }) {
      tokens = try model.step(tokens, &states).argmax().scalars(Int64.self).map { Int32(truncatingIfNeeded: $0) }
      for (index, token) in tokens.enumerated() where translations[index].last != model.endToken {
        translations[index].append(token)
      }
    }
    return translations
  }
}
