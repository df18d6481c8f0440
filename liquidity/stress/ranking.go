package stress

import "fmt"

// AUC returns the probability that of two trials, one with a breach and one
// without, the forecast of the first is higher, ties counting half: 0.5 is no
// ranking, 1 a perfect one (Mann and Whitney's U). It says nothing of how good
// the probabilities are. Trials of one kind only are an [ErrInvalid].
func AUC(trials []Trial) (float64, error) {
	if err := checkTrials(trials); err != nil {
		return 0, err
	}
	var breaches, ranks float64
	ordered := byForecast(trials)
	for first := 0; first < len(ordered); {
		end := first
		for end < len(ordered) && ordered[end].P == ordered[first].P {
			end++
		}
		rank := float64(first+end+1) / 2 // the mean of first+1 to end
		for ; first < end; first++ {
			if ordered[first].Breached() {
				breaches++
				ranks += rank
			}
		}
	}
	quiet := float64(len(trials)) - breaches
	if breaches == 0 || quiet == 0 {
		return 0, fmt.Errorf("%w: %d trials of one kind: must be some with a breach and some without", ErrInvalid, len(trials))
	}
	return (ranks - breaches*(breaches+1)/2) / (breaches * quiet), nil
}

// Bin is a row of a reliability table: what was forecast, and what happened.
type Bin struct {
	Forecast float64 `json:"forecast"` // mean
	Observed float64 `json:"observed"` // share of breaches
	N        int     `json:"n"`
}

// Reliability sorts trials by forecast into bins of equal count, the lowest
// forecasts first. Forecasts are reliable if the two columns agree. Fewer trials
// than bins, or no bins, are an [ErrInvalid].
func Reliability(trials []Trial, bins int) ([]Bin, error) {
	if err := checkTrials(trials); err != nil {
		return nil, err
	}
	if bins < 1 || bins > len(trials) {
		return nil, fmt.Errorf("%w: bins %d: must be 1 to %d, the trials", ErrInvalid, bins, len(trials))
	}
	ordered, table := byForecast(trials), make([]Bin, bins)
	for i := range table {
		in := ordered[i*len(ordered)/bins : (i+1)*len(ordered)/bins]
		b := Bin{N: len(in)}
		for _, t := range in {
			b.Forecast += t.P / float64(len(in))
			if t.Breached() {
				b.Observed += 1 / float64(len(in))
			}
		}
		table[i] = b
	}
	return table, nil
}
