import AttendBase
import AttendTraining
import Testing

@Suite struct StudyReportTests {
  private static let report = StudyReport(
    version: "1.2.3", tier: .smoke, seed: 7, seeds: nil, processor: "A <processor>", instructionSet: "avx2", threads: 2,
    tasks: [
      StudyResult(
        task: .addingProblem, setup: ["one line"],
        measures: [
          StudyMeasure(
            name: "error", unit: "kB", axis: "length", isLogarithmic: true, isTiming: true,
            references: [.init(name: "chance & more", value: 0.25)], shown: [50],
            series: [
              StudySeries(
                name: "GRU", note: "10 parameters",
                points: [
                  StudyPoint(x: 50, values: [0.5, nil, 0.125], failures: 2, learningRate: 0.01),
                  StudyPoint(x: 100, values: [1e-30]),
                ])
            ])
        ], claims: [StudyClaim(text: "it is so", measured: "3 times", holds: false)], findings: ["a finding"],
        seconds: 1.5)
    ])

  @Test func jsonComesBackAsItWas() throws {
    #expect(try StudyReport(JSON(parsing: Self.report.json.text(pretty: true), source: "a report")) == Self.report)
  }

  @Test func whatIsNoReportIsRefused() throws {
    for key in ["version", "tier", "tasks", "threads"] {
      var object = try #require(Self.report.json.objectValue)
      object[key] = .null
      let damaged = JSON.object(object)
      let error = #expect(throws: AttendError.self) { try StudyReport(damaged) }
      #expect(error?.code == .invalidInput)
    }
  }

  @Test func mediansLeaveOutDivergedRuns() {
    let point = StudyPoint(x: 1, values: [4, nil, 1, 2])
    #expect(point.median == 2 && point.minimum == 1 && point.maximum == 4 && point.failures == 1)
    #expect(StudyPoint(x: 1, values: [1, 2, 3, 10]).median == 2.5)
    #expect(StudyPoint(x: 1, values: [nil]).median == nil)
  }

  @Test func pictureHasAPanelForEachMeasure() {
    let svg = StudyPicture(Self.report).svg
    #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("A &lt;processor&gt;") && svg.contains("chance &amp; more") && svg.contains("B: error, kB"))
    #expect(svg.components("<polyline") == 1 && svg.components("<circle") == 2)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }

  private static let numbers: [(Double, String)] = [
    (0, "0"), (1, "1"), (0.16666, "0.167"), (12.34, "12.3"), (123_456, "123456"), (3.14e-19, "3.1e-19"),
    (-0.5, "-0.5"), (9.99e12, "1.0e13"), (.infinity, "∞"), (1e-300, "1.0e-300"),
  ]

  @Test(arguments: numbers)
  func numbersHaveThreeDigits(value: Double, text: String) { #expect(StudyText.number(value) == text) }

  @Test func theBestRateOfTheGridCounts() throws {
    let contest = Contest(
      entries: [
        Contest.Entry(model: "m", condition: 4) { rate, seed in
          // Rate 2 is best at the median, rate 3 diverges once of three times.
          let validation: Double? = rate == 3 && seed > 1 ? nil : rate == 2 ? 0.1 : 0.2
          return Contest.Outcome(validation: validation, tests: ["t": [4: rate * Double(seed)]])
        }
      ], rates: [1, 2, 3], seeds: [1, 2, 3])
    let standings = try contest.run(StudyWorkers(task: .addingProblem))
    #expect(standings.count == 1 && standings[0].learningRate == 2)
    let point = standings[0].point("t") { $0 < 5 }
    #expect(point.values == [2, 4, 6] && point.failures == 1 && point.learningRate == 2 && point.x == 4)
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(_ text: String) -> Int {
    var (count, rest) = (0, self[...])
    while let range = rest.firstRange(of: text) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
