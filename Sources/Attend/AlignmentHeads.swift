import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendText

/// How well each head of a decoder tells which source words a target word was predicted from, and which heads tell it best
/// together.
public struct AlignmentHeads: Sendable {
  /// A head of the decoder's attention to the source, both from 0.
  public struct Head: Sendable, Hashable {
    public let layer: Int
    public let head: Int
  }

  /// Target words that have a link.
  public let words: Int
  /// All heads; `accuracy` is the share of those words whose strongest source word is linked to them.
  public let heads: [(head: Head, accuracy: Double)]
  /// Heads whose mean does best, the best alone first: each one added as long as that helps.
  public let chosen: [Head]
  /// Of the chosen heads together.
  public let accuracy: Double

  /// Word by word, `[linked target words][source words]` of every sentence end to end.
  fileprivate struct Table {
    var scores: [Float] = []
  }

  fileprivate struct Row {
    let sourceWords: Int
    let links: Set<Int>
  }

  fileprivate init(_ rows: [Row], _ tables: [Head: Table]) {
    func accuracy(_ scores: [Float]) -> Double {
      var right = 0
      var start = 0
      for row in rows {
        let end = start + row.sourceWords
        if let best = (start..<end).max(by: { scores[$0] < scores[$1] }), row.links.contains(best - start) {
          right += 1
        }
        start = end
      }
      return rows.isEmpty ? 0 : Double(right) / Double(rows.count)
    }
    words = rows.count
    let measured = tables.map { (head: $0.key, accuracy: accuracy($0.value.scores)) }
      .sorted { ($0.head.layer, $0.head.head) < ($1.head.layer, $1.head.head) }
    heads = measured
    var chosen: [Head] = []
    var (best, sum) = (-1.0, [Float]())
    while true {
      var next: (head: Head, accuracy: Double, sum: [Float])?
      for head in measured.map(\.head) where !chosen.contains(head) {
        let scores = tables[head]?.scores ?? []
        let together = sum.isEmpty ? scores : zip(sum, scores).map(+)
        let result = accuracy(together)
        if result > max(best, next?.accuracy ?? -1) { next = (head, result, together) }
      }
      guard let next else { break }
      chosen.append(next.head)
      (best, sum) = (next.accuracy, next.sum)
    }
    self.chosen = chosen
    self.accuracy = max(best, 0)
  }
}

extension Translator {
  /// Measures the heads on translations whose links are known; the model is given the known target (teacher forcing).
  /// - Parameter name: what pair `i`, from 0, is called in messages.
  /// - Throws: `unsupported` for a model without heads of attention to the source; `invalid-input`, `context-overflow` for a
  ///   pair that the model cannot read; `CancellationError`.
  public func alignmentHeads(
    judgedBy pairs: [LinkedTranslation], name: @escaping @Sendable (Int) -> String = { "pair \($0 + 1)" }
  ) async throws -> AlignmentHeads {
    let cancellation = Locked(false)
    return try await withTaskCancellationHandler {
      try await run { [self] in
        var rows: [AlignmentHeads.Row] = []
        var tables: [AlignmentHeads.Head: AlignmentHeads.Table] = [:]
        for (index, pair) in pairs.enumerated() {
          if cancellation.withLock({ $0 }) { throw CancellationError() }
          do {
            try measure(pair, &rows, &tables)
          } catch let error as AttendError {
            throw AttendError(error.code, "\(name(index)): \(error.message)", hint: error.hint)
          }
        }
        return AlignmentHeads(rows, tables)
      }
    } onCancel: {
      cancellation.withLock { $0 = true }
    }
  }

  private func measure(
    _ pair: LinkedTranslation, _ rows: inout [AlignmentHeads.Row],
    _ tables: inout [AlignmentHeads.Head: AlignmentHeads.Table]
  ) throws {
    let source = model.ended(try tokenizer.encode(pair.source.trimmed))
    let target = model.ended(try tokenizer.encode(pair.target.trimmed))
    try model.check(source: source)
    try model.check(target: target)
    func words(_ words: [String], _ ids: [Int32]) -> [Int?] {
      LinkedTranslation.words(words, of: ids.dropLast().map { Array(tokenizer.bytes(of: $0)) })
    }
    let (sourceWords, targetWords) = (words(pair.sourceWords, source), words(pair.targetWords, target))
    var pass = ForwardPass(lengths: [])
    pass.observer = AttentionObserver([.init(kinds: [.cross])])
    _ = model.logits(source: [source], target: [target], &pass)
    let observations = pass.observer?.observations ?? []
    guard !observations.isEmpty else {
      throw AttendError(.unsupported, "the model has no heads of attention to the source")
    }
    let judged = pair.links.indices.filter { !pair.links[$0].isEmpty && targetWords.contains($0) }
    rows += judged.map { AlignmentHeads.Row(sourceWords: pair.sourceWords.count, links: pair.links[$0]) }
    for observed in observations {
      let values = observed.weights.scalars(Float.self)
      for (place, head) in observed.heads.enumerated() {
        let first = place * target.count * source.count
        for word in judged {
          var scores = [Float](repeating: 0, count: pair.sourceWords.count)
          for (row, owner) in targetWords.enumerated() where owner == word {
            for (column, sourceWord) in sourceWords.enumerated() {
              if let sourceWord { scores[sourceWord] += values[first + row * source.count + column] }
            }
          }
          tables[.init(layer: observed.layer, head: head), default: .init()].scores += scores
        }
      }
    }
  }
}
