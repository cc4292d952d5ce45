/// Requests that wait for a place, those of higher priority first. Waiting raises the priority, so none waits forever.
struct AdmissionQueue {
  private(set) var requests: [RunningRequest] = []
  let agingSeconds: Double

  init(agingSeconds: Double) { self.agingSeconds = agingSeconds }

  var isEmpty: Bool { requests.isEmpty }

  mutating func add(_ request: RunningRequest) { requests.append(request) }

  /// The position of the request whose turn is next.
  func first(at now: ContinuousClock.Instant) -> Int? {
    var best: (index: Int, rank: Double, number: Int)?
    for (index, request) in requests.enumerated() {
      let rank = request.rank(at: now, agingSeconds: agingSeconds)
      if let best, (-best.rank, best.number) <= (-rank, request.number) { continue }
      best = (index, rank, request.number)
    }
    return best?.index
  }

  mutating func remove(at index: Int) -> RunningRequest { requests.remove(at: index) }

  /// Takes out all that fulfil a condition.
  mutating func removeAll(where condition: (RunningRequest) -> Bool) -> [RunningRequest] {
    let removed = requests.filter(condition)
    if !removed.isEmpty { requests.removeAll(where: condition) }
    return removed
  }
}
