import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// A smaller model with the same tokens that writes ahead, for several requests in one pass.
///
/// It chooses with the request's own sampler, seed and step: where its probabilities are those of the large model, so is
/// its choice.
final class DraftModel {
  /// Tokens of a prompt that it reads between two turns of the engine.
  private static let chunk = 128

  private let model: any CausalLanguageModel
  private let precision: Precision
  /// Pages that its caches may take together.
  private let capacity: Int
  private var readers: [Int: Reader] = [:]
  /// Pages that are promised to readers.
  private var used = 0

  private struct Reader {
    var cache: KeyValueCache
    /// Pages that it may have.
    var pages = 0
  }

  /// - Parameter cacheBytes: the most that its keys and values may take. A request for which there is no room is not
  ///   helped.
  init(_ model: any CausalLanguageModel, precision: Precision, cacheBytes: Int) {
    self.model = model
    self.precision = precision
    let page = KeyValueCache(model.cacheShape, precision: precision).bytesPerPage
    capacity = cacheBytes / max(page, 1)
  }

  func forget(_ request: RunningRequest) {
    if let reader = readers.removeValue(forKey: request.number) { used -= reader.pages }
  }

  /// Puts guesses into requests whose texts it knows; reads on in the texts of the others.
  func propose(for requests: [(request: RunningRequest, count: Int)]) {
    for (request, count) in requests { makeRoom(for: request, count) }
    let known = requests.filter { readers[$0.request.number] != nil }
    // A prompt costs much and is read in the phase for many rows; a few tokens are not worth that.
    var prompts: [RunningRequest] = []
    var writing: [(request: RunningRequest, count: Int)] = []
    for (request, count) in known {
      let missing = request.tokens.count - (readers[request.number]?.cache.length ?? 0)
      if missing > 16 { prompts.append(request) } else { writing.append((request, count)) }
    }
    read(prompts)
    write(writing)
  }

  /// Reads a piece of one text, so that the engine's turn stays short.
  private func read(_ requests: [RunningRequest]) {
    guard let request = requests.first else { return }
    let start = readers[request.number]?.cache.length ?? 0
    let tokens = request.tokens[start..<min(start + Self.chunk, request.tokens.count - 1)].map(\.token)
    _ = pass([(request, tokens)], phase: .prompt, outputs: [])
  }

  private func write(_ requests: [(request: RunningRequest, count: Int)]) {
    var open = requests
    for step in 0..<(requests.map(\.count).max() ?? 0) {
      let parts = open.map { request, _ in
        let start = readers[request.number]?.cache.length ?? 0
        return (request, request.tokens.dropFirst(start).map(\.token) + request.drafts.dropFirst(max(step - 1, 0)))
      }
      var end = -1
      let outputs = parts.map { part in
        end += part.1.count
        return end
      }
      guard let logits = pass(parts, phase: .decode, outputs: outputs) else { return }
      logits.withFloats { rows in
        for (index, (request, _)) in open.enumerated() {
          let row = UnsafeBufferPointer(start: rows + index * model.vocabularySize, count: model.vocabularySize)
          let place = request.answer.summary.generatedTokens + step
          // A guess that fails is no guess; the request itself is none the worse.
          if let token = try? request.answer.choose(from: row, step: place) { request.drafts.append(token) }
        }
      }
      open = open.filter { $0.count > step + 1 && $0.request.drafts.count == step + 1 }
      if open.isEmpty { return }
    }
  }

  /// Forgets guesses that did not come true, and makes room for `count` more tokens; a request without room loses its
  /// cache.
  private func makeRoom(for request: RunningRequest, _ count: Int) {
    var cache = takeCache(of: request)
    forget(request)
    // Everything that was chosen meanwhile is a guess that came true, but for the last token, which was not guessed.
    cache.truncate(to: request.tokens.count - 1)
    let positions = request.tokens.count + count
    let pages = KeyValueCache.pages(for: positions)
    guard positions <= model.contextLength, used + pages <= capacity else { return }
    used += pages
    readers[request.number] = Reader(cache: cache, pages: pages)
  }

  /// Moves a cache out, so that it has one owner.
  private func takeCache(of request: RunningRequest) -> KeyValueCache {
    var taken = KeyValueCache(model.cacheShape, precision: precision)
    if var reader = readers.removeValue(forKey: request.number) {
      swap(&taken, &reader.cache)
      readers[request.number] = reader
    }
    return taken
  }

  private func pass(_ parts: [(RunningRequest, [Int32])], phase: Phase, outputs: [Int]) -> Tensor? {
    var moved: [KeyValueCache] = []
    for (request, _) in parts { moved.append(takeCache(of: request)) }
    guard var pass = try? ForwardPass(continuing: consume moved, lengths: parts.map(\.1.count), phase: phase) else {
      return nil
    }
    pass.outputRows = outputs
    let ids = parts.flatMap(\.1)
    let logits = model(Tensor(ids, shape: [ids.count]), &pass)
    pass.finish()
    for (request, _) in parts.reversed() { readers[request.number]?.cache = pass.caches.removeLast() }
    return logits
  }
}
