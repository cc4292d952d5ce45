import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// Searches the targets of many sources at once: every step of the model computes one row for each hypothesis of each
/// source that is not done. Rows do not depend on each other, so neither do the results.
///
/// At each step the 2k best continuations of a source's k hypotheses are looked at, best first: those that end are
/// finished if they are among the first k, the first k others are followed. A source is done when it has k finished
/// hypotheses and its best open one, at its present length, scores no better than the worst of them; or at the length
/// limit, where open hypotheses count only if none was finished. With k = 1 the first end is final, which is greedy search.
package struct BeamSearch<Model: SequenceToSequenceModel> {
  private let model: Model
  private let options: TranslationOptions
  private let isCancelled: () -> Bool

  /// Sources in one run, to bound memory.
  private static var sourcesPerRun: Int { 64 }

  package init(_ model: Model, _ options: TranslationOptions, isCancelled: @escaping () -> Bool = { false }) {
    self.model = model
    self.options = options
    self.isCancelled = isCancelled
  }

  /// - Parameter sources: each within the model's vocabulary and limits, its end token included.
  /// - Throws: `invalid-input`, `context-overflow`, `limit-exceeded`, `not-a-number`, `CancellationError`.
  package func run(_ sources: [[Int32]]) throws -> [TargetSequence] {
    try options.check()
    for source in sources { try model.check(source: source) }
    var results: [TargetSequence] = []
    for start in stride(from: 0, to: sources.count, by: Self.sourcesPerRun) {
      let part = Array(sources[start..<min(start + Self.sourcesPerRun, sources.count)])
      var found = try search(part)
      if options.alignment { align(&found, part) }
      results += found
    }
    return results
  }

  private func search(_ sources: [[Int32]]) throws -> [TargetSequence] {
    var requests = sources.map { source in
      let longest = min(options.maxTokens ?? 2 * source.count + 32, model.maximumTargetLength)
      return BeamRequest(beams: options.beams, penalty: Double(options.lengthPenalty), longest: longest)
    }
    var active = Array(requests.indices)
    var states = try model.encode(sources)
    var scratch = [Float](repeating: 0, count: model.vocabularySize)
    while !active.isEmpty {
      if isCancelled() { throw CancellationError() }
      let tokens = active.flatMap { requests[$0].open.map { $0.tokens.last ?? model.startToken } }
      let logits = try model.step(tokens, &states)
      // Which row each new hypothesis continues.
      var parents: [Int] = []
      try logits.withFloats { rows in
        var row = 0
        for index in active {
          var continuations: [BeamRequest.Continuation] = []
          for hypothesis in requests[index].open.indices {
            let values = UnsafeBufferPointer(start: rows + (row + hypothesis) * scratch.count, count: scratch.count)
            continuations += try best(values, of: requests[index].open[hypothesis], hypothesis, &scratch)
          }
          let first = row
          row += requests[index].open.count
          let followed = requests[index].advance(continuations, endToken: model.endToken)
          if !requests[index].isDone { parents += followed.map { first + $0 } }
        }
      }
      active.removeAll { requests[$0].isDone }
      // A state whose only heir it is changes hands; the others are shared until written.
      if parents != Array(states.indices) { states = parents.map { states[$0] } }
    }
    return requests.map(\.result)
  }

  /// The 2k most probable continuations of one hypothesis.
  private func best(
    _ logits: UnsafeBufferPointer<Float>, of hypothesis: BeamRequest.Hypothesis, _ index: Int, _ scratch: inout [Float]
  ) throws(AttendError) -> [BeamRequest.Continuation] {
    let step = hypothesis.tokens.count
    let wanted = Selection.largest(2 * options.beams + model.neverPredicted.count, of: logits)
    guard Selection.notFiniteCount(logits) == 0, let maximum = wanted.first.map({ logits[$0] }) else {
      throw AttendError(
        .notANumber, "step \(step): the model's logits are not numbers",
        hint: "the weights may be damaged; if not, try the precision exact")
    }
    let sum = scratch.withUnsafeMutableBufferPointer { scratch in
      guard let start = scratch.baseAddress else { return 1.0 }
      Selection.exponentials(of: logits, below: maximum, temperature: 1, into: start)
      return Selection.sum(UnsafeBufferPointer(scratch))
    }
    let normalizer = Double(maximum) + logarithm(sum)
    var found: [BeamRequest.Continuation] = []
    for token in wanted where found.count < 2 * options.beams && !model.neverPredicted.contains(Int32(token)) {
      // Tokens that are never predicted keep their share of the probability, as in the reference implementation.
      let logProbability = hypothesis.logProbability + Double(logits[token]) - normalizer
      found.append(.init(hypothesis: index, token: Int32(token), logProbability: logProbability))
    }
    return found
  }

  private func align(_ found: inout [TargetSequence], _ sources: [[Int32]]) {
    let targets = found.map { $0.isComplete ? model.ended($0.tokens) : $0.tokens }
    guard let alignments = model.alignments(source: sources, target: targets) else { return }
    for (index, alignment) in alignments.enumerated() {
      let values = alignment.scalars(Float.self)
      let width = sources[index].count
      found[index].alignment = stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
  }
}
