extension Grammar {
  /// Rules up to this size are put in where they are used.
  private static let smallRule = 64
  /// States that putting rules in may add.
  private static let growthLimit = 1 << 16

  /// The rules that the root needs, small ones put in where they are used. The fewer borders between rules a token
  /// crosses, the more of the sets of allowed tokens can be kept.
  func inlined() -> Grammar {
    let uses = rules.map { rule in
      var uses: Set<Int> = []
      rule.pattern.forEach(set: { _ in }, rule: { uses.insert($0) })
      return uses.sorted()
    }
    let (order, isRecursive) = Self.order(from: root, uses)
    var result = rules
    var costs: [Int: Int] = [:]
    var patterns: [Int: Pattern] = [:]
    var growth = 0
    // Those that others use come first.
    for rule in order {
      let pattern = result[rule].pattern.replacing { patterns[$0] }
      result[rule].pattern = pattern
      let cost = pattern.cost { costs[$0] ?? 1 }
      guard rule != root, !isRecursive[rule], rules[rule].mayInline, cost <= Self.smallRule,
        growth < Self.growthLimit
      else { continue }
      growth += cost
      costs[rule] = cost
      patterns[rule] = pattern
    }
    // Only what is still used is kept.
    var kept: [Int] = []
    var numbers: [Int: Int] = [:]
    func keep(_ rule: Int) {
      numbers[rule] = kept.count
      kept.append(rule)
    }
    keep(root)
    var done = 0
    while done < kept.count {
      var used: [Int] = []
      result[kept[done]].pattern.forEach(set: { _ in }, rule: { used.append($0) })
      for rule in used where numbers[rule] == nil { keep(rule) }
      done += 1
    }
    var grammar = Grammar()
    for rule in kept {
      var rule = result[rule]
      rule.pattern = rule.pattern.replacing { numbers[$0].map(Pattern.rule) }
      grammar.rules.append(rule)
    }
    return grammar
  }

  /// Rules in the order of depth-first search from the root, users behind those that they use, and which of them lie on
  /// a cycle (Tarjan 1972).
  private static func order(from root: Int, _ uses: [[Int]]) -> (order: [Int], isRecursive: [Bool]) {
    var (numbers, lows) = ([Int](repeating: -1, count: uses.count), [Int](repeating: 0, count: uses.count))
    var isOpen = [Bool](repeating: false, count: uses.count)
    var isRecursive = isOpen
    var (order, component): ([Int], [Int]) = ([], [])
    var path: [(rule: Int, place: Int)] = []
    var count = 0
    func enter(_ rule: Int) {
      (numbers[rule], lows[rule]) = (count, count)
      count += 1
      isOpen[rule] = true
      component.append(rule)
      path.append((rule, 0))
    }
    enter(root)
    while let (rule, place) = path.last {
      if place < uses[rule].count {
        path[path.count - 1].place += 1
        let used = uses[rule][place]
        if numbers[used] < 0 { enter(used) } else if isOpen[used] { lows[rule] = min(lows[rule], numbers[used]) }
        continue
      }
      path.removeLast()
      if let user = path.last?.rule { lows[user] = min(lows[user], lows[rule]) }
      order.append(rule)
      guard lows[rule] == numbers[rule], let start = component.lastIndex(of: rule) else { continue }
      let members = component[start...]
      for member in members {
        isOpen[member] = false
        isRecursive[member] = members.count > 1 || uses[member].contains(member)
      }
      component.removeSubrange(start...)
    }
    return (order, isRecursive)
  }
}
