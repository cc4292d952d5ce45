/// Gets guesses for requests, each from its own source.
final class DraftDesk {
  private let model: DraftModel?

  init(model: DraftModel? = nil) { self.model = model }

  var hasModel: Bool { model != nil }

  /// Puts guesses into requests that write.
  func propose(for requests: [RunningRequest]) {
    var asked: [(request: RunningRequest, count: Int)] = []
    for request in requests {
      request.drafts = []
      // The last token of an answer needs no guess behind it.
      let most = request.answer.limit - request.answer.summary.generatedTokens - 1
      guard most > 0 else { continue }
      let count = min(request.pace.wish(sharingWith: requests.count), most)
      guard count > 0 else { continue }
      switch request.speculation {
      case .none: break
      case .promptLookup: request.drafts = request.lookup.continuation(of: request.tokens, count: count)
      case .draftModel: asked.append((request, count))
      }
    }
    if !asked.isEmpty { model?.propose(for: asked) }
  }

  func note(_ request: RunningRequest, drafted: Int, accepted: Int) {
    request.pace.note(drafted: drafted, accepted: accepted)
  }

  /// The request leaves the engine, for now or for good.
  func forget(_ request: RunningRequest) { model?.forget(request) }
}
