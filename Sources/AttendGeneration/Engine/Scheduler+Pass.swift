import AttendBase
import AttendNN
import AttendTensor

extension Scheduler {
  /// Computes one pass and gives each request what it has come to. What goes wrong for one request ends that one alone.
  func run(_ parts: [PassPart], phase: Phase) {
    let parts = parts.filter(hasMemory)
    guard !parts.isEmpty else { return }
    var ids: [Int32] = []
    var outputs: [Int] = []
    var caches: [KeyValueCache] = []
    for part in parts {
      ids += part.request.tokens[part.range].map(\.token)
      if part.reachesEnd { outputs += ids.count - 1...ids.count - 1 + part.drafts.count }
      ids += part.drafts
      caches.append(part.request.takeCache())
    }
    do {
      // The caches move into the pass and back: pages with two owners would be copied.
      var pass = try ForwardPass(continuing: consume caches, lengths: parts.map(\.count), phase: phase)
      pass.outputRows = outputs
      let logits = model(Tensor(ids, shape: [ids.count]), &pass)
      pass.finish()
      for part in parts.reversed() { part.request.cache = pass.caches.removeLast() }
      count(ids.count, phase)
      take(logits, parts)
    } catch {
      // Room was made above, so only a mistake in here comes to this.
      for part in parts { end(part.request) { request, _ in request.fail(error, computed: []) } }
    }
  }

  private func hasMemory(for part: PassPart) -> Bool {
    do {
      try part.request.cache.reserve(part.count)
      return true
    } catch {
      end(part.request) { $0.fail(error, computed: $1) }
      return false
    }
  }

  private func count(_ rows: Int, _ phase: Phase) {
    switch phase {
    case .decode:
      statistics.decodePasses += 1
      statistics.decodeRows += rows
    case .prompt:
      statistics.promptPasses += 1
      statistics.promptRows += rows
    }
  }

  /// - Parameter logits: a row for each output that the parts ask for.
  private func take(_ logits: Tensor, _ parts: [PassPart]) {
    let width = model.vocabularySize
    logits.withFloats { start in
      var row = start
      for part in parts {
        guard part.reachesEnd else {
          share(part.request)
          continue
        }
        choose(part, row, width)
        row += (1 + part.drafts.count) * width
      }
    }
  }

  /// Chooses the next token and, as long as the guesses are what would have been chosen, those after it. What was computed
  /// for wrong guesses is forgotten.
  private func choose(_ part: PassPart, _ logits: UnsafePointer<Float>, _ width: Int) {
    let request = part.request
    request.drafts = []
    var accepted = 0
    var ending: GenerationSummary.Reason?
    do {
      while true {
        let row = UnsafeBufferPointer(start: logits + accepted * width, count: width)
        let token = try request.answer.choose(from: row, step: request.answer.summary.generatedTokens)
        ending = try request.answer.accept(token)
        if ending != nil { break }
        request.tokens.append(PhasedToken(token, .decode, form: request.form))
        guard accepted < part.drafts.count, part.drafts[accepted] == token else { break }
        accepted += 1
      }
    } catch {
      request.cache.truncate(to: part.range.upperBound + accepted)
      return end(request) { $0.fail(error, computed: $1) }
    }
    request.cache.truncate(to: part.range.upperBound + accepted)
    noteDrafts(part, accepted)
    if let ending { return end(request) { $0.finish(ending, computed: $1) } }
    share(request)
    releaseClaims(of: request)
  }

  private func noteDrafts(_ part: PassPart, _ accepted: Int) {
    guard !part.drafts.isEmpty else { return }
    part.request.answer.summary.draftedTokens += part.drafts.count
    part.request.answer.summary.acceptedTokens += accepted
    statistics.draftedTokens += part.drafts.count
    statistics.acceptedTokens += accepted
    drafts.note(part.request, drafted: part.drafts.count, accepted: accepted)
  }
}
