import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// Searches the targets of many sources at once; see ``BeamRequest``. At the length limit targets without an end count
/// only where nothing was finished.
package struct TargetSearch<Model: SequenceToSequenceModel> {
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
    let requests = sources.map { source in
      BeamRequest(
        .init(
          beams: options.beams, lengthPenalty: Double(options.lengthPenalty),
          longest: min(options.maxTokens ?? 2 * source.count + 32, model.maximumTargetLength),
          endTokens: [model.endToken]))
    }
    var frontier = BeamFrontier(Writer(model), requests, try model.encode(sources))
    while !frontier.isDone {
      if isCancelled() { throw CancellationError() }
      try frontier.step()
    }
    return frontier.requests.map { request in
      guard let best = request.finished.first else { return TargetSequence(tokens: [], score: 0, isComplete: false) }
      return TargetSequence(tokens: best.tokens, score: best.score, isComplete: best.end != nil)
    }
  }

  /// The model's decoder.
  private struct Writer: BeamModel {
    private let model: Model
    private let mayBePredicted: TokenSet?

    init(_ model: Model) {
      self.model = model
      guard !model.neverPredicted.isEmpty else {
        mayBePredicted = nil
        return
      }
      var tokens = TokenSet(vocabularySize: model.vocabularySize)
      for token in 0..<Int32(clamping: model.vocabularySize) where !model.neverPredicted.contains(token) {
        tokens.insert(token)
      }
      mayBePredicted = tokens
    }

    var vocabularySize: Int { model.vocabularySize }

    func step(_ tokens: [Int32?], _ states: inout [Model.DecoderState]) throws -> Tensor {
      try model.step(tokens.map { $0 ?? model.startToken }, &states)
    }

    func allowed(_ state: inout Model.DecoderState) -> TokenSet? { mayBePredicted }
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
