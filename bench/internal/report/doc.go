// Package report shows a [result.Report]: as text, as markdown and as charts.
package report
