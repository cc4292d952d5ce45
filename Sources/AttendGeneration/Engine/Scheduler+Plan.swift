import AttendTensor

/// What a pass computes for one request: positions of its known tokens, then guesses.
struct PassPart {
  let request: RunningRequest
  let range: Range<Int>
  var drafts: [Int32] = []

  var count: Int { range.count + drafts.count }
  /// Whether the pass makes tokens for the request.
  var reachesEnd: Bool { range.upperBound == request.tokens.count }
}

extension Scheduler {
  /// One row for each request that writes, its guesses, and pieces of answers whose positions were lost.
  func writingParts() -> [PassPart] {
    let writing = running.filter(\.isWriting)
    drafts.propose(for: writing)
    var parts: [PassPart] = []
    var rows = writing.isEmpty ? options.promptChunk : options.promptChunkWhileDecoding
    // Who is served last gives way first, so nobody who has his part already loses it.
    for request in running where request.isRunning && request.nextPhase == .decode {
      guard request.isWriting else {
        let range = request.nextRun.prefix(rows)
        rows -= range.count
        if !range.isEmpty { parts.append(PassPart(request: request, range: range)) }
        continue
      }
      let count = request.tokens.count
      guard makeRoom(for: request, positions: count) else { continue }
      let missing = KeyValueCache.pages(for: count + request.drafts.count) - request.path.count - request.grantedPages
      if missing > 0, !grant(missing, to: request) { request.drafts = [] }
      parts.append(PassPart(request: request, range: count - 1..<count, drafts: request.drafts))
    }
    return parts
  }

  /// A piece of the prompts: half of it for the request that has waited longest (or has the highest priority), the rest
  /// for the shortest, so a long prompt neither stalls others nor is stalled by them.
  func readingParts() -> [PassPart] {
    let now = ContinuousClock.now
    for request in running where request.nextPhase == .prompt { pickUp(request) }
    let reading = running.filter { $0.nextPhase == .prompt }
    guard !reading.isEmpty else { return [] }
    var rows = running.contains(where: \.isWriting) ? options.promptChunkWhileDecoding : options.promptChunk
    var ranges: [Int: Range<Int>] = [:]
    func take(_ request: RunningRequest, _ most: Int) {
      let start = request.cache.length
      let known = ranges[request.number]?.count ?? 0
      let range = claim(request.nextRun.prefix(known + min(most, rows)), for: request)
      guard range.count > known else { return }
      rows -= range.count - known
      ranges[request.number] = start..<start + range.count
    }
    let ranks = reading.map { $0.rank(at: now, agingSeconds: options.agingSeconds) }
    let oldestFirst = reading.indices.sorted { (-ranks[$0], reading[$0].number) < (-ranks[$1], reading[$1].number) }
    // Whoever waits for another one's pages lets the next in line go first.
    for index in oldestFirst where ranges.isEmpty { take(reading[index], reading.count > 1 ? (rows + 1) / 2 : rows) }
    for request in reading.sorted(by: {
      ($0.tokens.count - $0.cache.length, $0.number) < ($1.tokens.count - $1.cache.length, $1.number)
    })
    where rows > 0 && ranges[request.number] == nil {
      take(request, rows)
    }
    for index in oldestFirst where rows > 0 && ranges[reading[index].number] != nil { take(reading[index], rows) }
    return reading.compactMap { request in
      ranges[request.number].map { PassPart(request: request, range: $0) }
    }
  }
}

extension Range<Int> {
  /// At most the first `count` of them.
  fileprivate func prefix(_ count: Int) -> Range<Int> { lowerBound..<lowerBound + Swift.min(count, self.count) }
}
