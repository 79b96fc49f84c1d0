"""The Korean of what gates declare: what each does to a gradient, whom it chooses, and the functions in formulas.

A formula stands apart from the particle behind it, since its sound is not known: `cos(x) 값을`.
"""

from __future__ import annotations

HABITS = {
    "distributes the upstream gradient to every input": "상류 기울기를 모든 입력에 그대로 나누어 준다",
    "distributes the upstream gradient, with its sign flipped for what is subtracted": (
        "상류 기울기를 나누어 주되, 빼는 쪽에는 부호를 뒤집어 준다"
    ),
    "swaps: each input gets the upstream gradient times the other input": (
        "서로 맞바꾼다: 각 입력은 상류 기울기에 다른 입력을 곱한 것을 받는다"
    ),
    "divides the gradient by y; y itself gets -x/y^2 of it": (
        "기울기를 y 값으로 나눈다; y 자신은 기울기의 -x/y^2 배를 받는다"
    ),
    "divides the gradient by r": "기울기를 r 값으로 나눈다",
    "flips the sign of the gradient": "기울기의 부호를 뒤집는다",
    "swaps, as a product does": "곱셈처럼 서로 맞바꾼다",
    "scales the gradient by y*x^(y-1); the exponent gets x^y*log(x) of it": (
        "기울기에 y*x^(y-1) 값을 곱한다; 지수는 기울기의 x^y*log(x) 배를 받는다"
    ),
    "scales the gradient by the next derivatives of x^y": "기울기에 x^y 식의 다음 도함수를 곱한다",
    "passes the gradient to x; y gets -(x // y) times it": (
        "기울기를 x 쪽에 그대로 전한다; y 쪽은 그 -(x // y) 배를 받는다"
    ),
    "passes the gradient, with its sign flipped where x is negative": (
        "기울기를 전하되, x 값이 음수인 곳에서는 부호를 뒤집는다"
    ),
    "stops the gradient: it is constant between its steps": "기울기를 막는다: 계단 사이에서 값이 일정하다",
    "stops the gradient: it is 0 or 1": "기울기를 막는다: 값이 0 아니면 1이다",
    "stops the gradient: it is constant off zero": "기울기를 막는다: 0이 아닌 곳에서 값이 일정하다",
    "stops the gradient: it is constant between ties": "기울기를 막는다: 동점과 동점 사이에서 값이 일정하다",
    "stops the gradient: it is constant on both sides of the kink": (
        "기울기를 막는다: 꺾이는 점의 양쪽에서 값이 일정하다"
    ),
    "routes the gradient to the branch that was taken; the other gets exactly 0": (
        "선택된 가지로 기울기를 보낸다; 다른 가지는 정확히 0을 받는다"
    ),
    "routes the gradient to what is selected": "선택된 쪽으로 기울기를 보낸다",
    "routes the gradient to the largest input; tied ones share it equally": (
        "가장 큰 입력으로 기울기를 보낸다; 동점이면 똑같이 나눈다"
    ),
    "routes the gradient to the smallest input; tied ones share it equally": (
        "가장 작은 입력으로 기울기를 보낸다; 동점이면 똑같이 나눈다"
    ),
    "routes the gradient to whichever of x, low and high it returns": (
        "x, low, high 가운데 결과로 나온 쪽으로 기울기를 보낸다"
    ),
    "divides the gradient by twice the root": "기울기를 제곱근의 두 배로 나눈다",
    "divides the gradient by three times the root squared": "기울기를 세제곱근을 제곱한 값의 세 배로 나눈다",
    "scales the gradient by the direction x/hypot(x, y)": "기울기에 방향 x/hypot(x, y) 값을 곱한다",
    "scales the gradient by its own value": "기울기에 자기 값을 곱한다",
    "scales the gradient by log(2) times its own value": "기울기에 자기 값의 log(2) 배를 곱한다",
    "scales the gradient by log(y) for x and by x/y for y": "기울기에 x 쪽은 log(y) 값을, y 쪽은 x/y 값을 곱한다",
    "scales the gradient by -csc(x)*cot(x)": "기울기에 -csc(x)*cot(x) 값을 곱한다",
    "gives y x/(x^2 + y^2) of the gradient, and x -y/(x^2 + y^2) of it": (
        "기울기의 x/(x^2 + y^2) 배를 y 쪽에, -y/(x^2 + y^2) 배를 x 쪽에 준다"
    ),
    "squashes into (-1, 1); scales the gradient by 1 - tanh(x)^2, at most 1": (
        "(-1, 1) 구간으로 눌러 담는다; 기울기에 1 - tanh(x)^2 값을 곱하는데, 커야 1이다"
    ),
    "squashes into (0, 1); scales the gradient by sigmoid(x)*(1 - sigmoid(x)), at most 1/4": (
        "(0, 1) 구간으로 눌러 담는다; 기울기에 sigmoid(x)*(1 - sigmoid(x)) 값을 곱하는데, 커야 1/4 이다"
    ),
    "shares the gradient out by sigmoid(x - y)": "기울기를 sigmoid(x - y) 비율로 나누어 준다",
    "squashes into (-1, 1); divides the gradient by (1 + abs(x))^2": (
        "(-1, 1) 구간으로 눌러 담는다; 기울기를 (1 + abs(x))^2 값으로 나눈다"
    ),
    "passes the gradient where x is positive and stops it elsewhere": (
        "x 값이 양수인 곳에서는 기울기를 전하고, 그 밖에서는 막는다"
    ),
    "passes the gradient where x is positive and scales it by a elsewhere": (
        "x 값이 양수인 곳에서는 기울기를 전하고, 그 밖에서는 a 값을 곱한다"
    ),
    "passes the gradient where x is positive and scales it by a*exp(x) elsewhere": (
        "x 값이 양수인 곳에서는 기울기를 전하고, 그 밖에서는 a*exp(x) 값을 곱한다"
    ),
    "passes the gradient inside (-1, 1) and stops it elsewhere": (
        "(-1, 1) 구간 안에서는 기울기를 전하고, 그 밖에서는 막는다"
    ),
    "is linear in the direction": "방향에 대해 선형이다",
    "distributes the gradient to every entry": "기울기를 모든 원소에 그대로 나누어 준다",
    "distributes the gradient to every entry, divided by their number": (
        "기울기를 원소의 개수로 나누어 모든 원소에 준다"
    ),
    "scales each entry's gradient by the product of the others": "각 원소의 기울기에 다른 원소들의 곱을 곱한다",
    "spreads the gradient over the other entries": "기울기를 다른 원소들에 퍼뜨린다",
    "subtracts the gradient's mean from it": "기울기에서 그 평균을 뺀다",
    "gives each entry the sum of the gradients from its place on": ("각 원소에 제자리부터 끝까지의 기울기를 더해 준다"),
    "swaps: each factor gets the upstream gradient times the other factor, transposed": (
        "서로 맞바꾼다: 각 인수는 상류 기울기에 다른 인수의 전치를 곱한 것을 받는다"
    ),
    "swaps: each factor gets the upstream gradient times the other factor": (
        "서로 맞바꾼다: 각 인수는 상류 기울기에 다른 인수를 곱한 것을 받는다"
    ),
    "distributes the gradient to the diagonal": "기울기를 대각선 원소에 나누어 준다",
    "scales the gradient by the cofactors": "기울기에 여인수를 곱한다",
    "divides the gradient by -sqrt(1 - x^2)": "기울기를 -sqrt(1 - x^2) 값으로 나눈다",
    "scales the gradient by the second derivative of asin": "기울기에 asin 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of atan": "기울기에 atan 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of atan2 by y": (
        "기울기에 atan2 함수를 y 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by the second derivative of atan2 by x": (
        "기울기에 atan2 함수를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by the second derivative of atan2 by y and x": (
        "기울기에 atan2 함수를 y 쪽과 x 쪽으로 한 번씩 미분한 값을 곱한다"
    ),
    "scales the gradient by the second derivative of tanh": "기울기에 tanh 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of asinh": "기울기에 asinh 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of acosh": "기울기에 acosh 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of atanh": "기울기에 atanh 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of asec": "기울기에 asec 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of -acsch": "기울기에 -acsch 함수의 2계 도함수를 곱한다",
    "scales the gradient by the derivative of exprel": "기울기에 exprel 함수의 도함수를 곱한다",
    "scales the gradient by the next derivative of exprel": "기울기에 exprel 함수의 다음 계 도함수를 곱한다",
    "scales the gradient by the derivative of sinhc": "기울기에 sinhc 함수의 도함수를 곱한다",
    "scales the gradient by the next derivative of sinhc": "기울기에 sinhc 함수의 다음 계 도함수를 곱한다",
    "scales the gradient by 1.0507 where x is positive and by 1.7581*exp(x) elsewhere": (
        "x 값이 양수인 곳에서는 기울기에 1.0507 값을, 그 밖에서는 1.7581*exp(x) 값을 곱한다"
    ),
    "scales the gradient by sigmoid(x) + silu(x)*(1 - sigmoid(x))": (
        "기울기에 sigmoid(x) + silu(x)*(1 - sigmoid(x)) 값을 곱한다"
    ),
    "scales the gradient by 1/6 inside (-3, 3) and stops it elsewhere": (
        "(-3, 3) 구간 안에서는 기울기에 1/6 값을 곱하고, 그 밖에서는 막는다"
    ),
    "scales the gradient by the second derivative of sigmoid": "기울기에 sigmoid 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of logaddexp by x": (
        "기울기에 logaddexp 함수를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by -2/sqrt(pi)*exp(-x^2)": "기울기에 -2/sqrt(pi)*exp(-x^2) 값을 곱한다",
    "scales the gradient by the second derivative of erf": "기울기에 erf 함수의 2계 도함수를 곱한다",
    "scales the gradient by -x*normpdf(x)": "기울기에 -x*normpdf(x) 값을 곱한다",
    "scales the gradient by normpdf(x)/normcdf(x), which is about -x far on the left": (
        "기울기에 normpdf(x)/normcdf(x) 값을 곱하는데, 왼쪽 멀리에서는 거의 -x 값과 같다"
    ),
    "scales the gradient by -2/sqrt(pi)*exp(-x^2)/erfc(x), which is about -2*x far on the right": (
        "기울기에 -2/sqrt(pi)*exp(-x^2)/erfc(x) 값을 곱하는데, 오른쪽 멀리에서는 거의 -2*x 값과 같다"
    ),
    "scales the gradient by the next derivative of lognormcdf": ("기울기에 lognormcdf 함수의 다음 계 도함수를 곱한다"),
    "scales the gradient by the next derivative of logerfc": "기울기에 logerfc 함수의 다음 계 도함수를 곱한다",
    "scales the gradient by the trigamma function of x": "기울기에 x 값의 트리감마 함수를 곱한다",
    "scales the gradient by the polygamma function one order up": ("기울기에 차수가 하나 높은 폴리감마 함수를 곱한다"),
    "scales the gradient by the derivative of sinc": "기울기에 sinc 함수의 도함수를 곱한다",
    "scales the gradient by the next derivative of sinc": "기울기에 sinc 함수의 다음 계 도함수를 곱한다",
    "scales the gradient by the second derivative of lgamma, of some order, between x and x + h": (
        "기울기에 x 값과 x + h 값 사이에서 lgamma 함수의 2계 이상 도함수의 차이를 곱한다"
    ),
    "scales the gradient by digamma(a) - digamma(a + b) for a, and alike for b": (
        "a 쪽에는 기울기에 digamma(a) - digamma(a + b) 값을 곱하고, b 쪽에도 마찬가지로 한다"
    ),
    "scales the gradient by beta(a, b)*(digamma(a) - digamma(a + b)) for a, and alike for b": (
        "a 쪽에는 기울기에 beta(a, b)*(digamma(a) - digamma(a + b)) 값을 곱하고, b 쪽에도 마찬가지로 한다"
    ),
    "scales the gradient by the second derivative of beta, by its operands as often as the orders say": (
        "기울기에 beta 함수를 피연산자마다 정해진 차수만큼 미분한 2계 도함수를 곱한다"
    ),
    "scales the gradient by the second derivative of binom, by its operands as often as the orders say": (
        "기울기에 binom 함수를 피연산자마다 정해진 차수만큼 미분한 2계 도함수를 곱한다"
    ),
    "scales the gradient by the coefficient and a difference of two digammas for each operand": (
        "피연산자마다 기울기에 이항 계수와, 두 디감마 값의 차이를 곱한다"
    ),
    "scales the gradient by the second derivative of the gamma density by x": (
        "기울기에 감마 분포의 밀도를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by the second derivative of gammainc by x": (
        "기울기에 gammainc 함수를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by the next derivative for a, and by that of the density for x": (
        "기울기에 a 쪽은 다음 계 도함수를, x 쪽은 밀도의 도함수를 곱한다"
    ),
    "scales the gradient by x^(a-1)*exp(-x)/gamma(a) for x, and by gammainc_derivative for a": (
        "기울기에 x 쪽은 x^(a-1)*exp(-x)/gamma(a) 값을, a 쪽은 gammainc_derivative 값을 곱한다"
    ),
    "scales the gradient by -x^(a-1)*exp(-x)/gamma(a) for x, and by -gammainc_derivative for a": (
        "기울기에 x 쪽은 -x^(a-1)*exp(-x)/gamma(a) 값을, a 쪽은 -gammainc_derivative 값을 곱한다"
    ),
    "scales the gradient by the second derivative of the beta density by x": (
        "기울기에 베타 분포의 밀도를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by the second derivative of betainc by x": (
        "기울기에 betainc 함수를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient by the next derivatives for a and b, and by that of the density for x": (
        "기울기에 a 쪽과 b 쪽은 다음 계 도함수를, x 쪽은 밀도의 도함수를 곱한다"
    ),
    "scales the gradient by the beta density for x, and by betainc_derivative for a and b": (
        "기울기에 x 쪽은 베타 분포의 밀도를, a 쪽과 b 쪽은 betainc_derivative 값을 곱한다"
    ),
    "scales the gradient by half the difference of the neighbouring orders": (
        "기울기에 이웃한 두 차수의 차이의 절반을 곱한다"
    ),
    "scales the gradient by the second derivative of yn": "기울기에 yn 함수의 2계 도함수를 곱한다",
    "scales the gradient by half the sum of the neighbouring orders": ("기울기에 이웃한 두 차수의 합의 절반을 곱한다"),
    "scales the gradient by the second derivative of norminv": "기울기에 norminv 함수의 2계 도함수를 곱한다",
    "scales the gradient by the second derivative of lambertw": "기울기에 lambertw 함수의 2계 도함수를 곱한다",
    "scales each entry's gradient by 2/n times its distance from the mean": (
        "각 원소의 기울기에 평균과의 차이의 2/n 배를 곱한다"
    ),
    "scales each entry's gradient by its distance from the mean over n*std": (
        "각 원소의 기울기에, 평균과의 차이를 n*std 값으로 나누어 곱한다"
    ),
    "routes the gradient to the smallest entry; tied ones share it equally": (
        "가장 작은 원소로 기울기를 보낸다; 동점이면 똑같이 나눈다"
    ),
    "routes the gradient to the largest entry; tied ones share it equally": (
        "가장 큰 원소로 기울기를 보낸다; 동점이면 똑같이 나눈다"
    ),
    "scales the gradient by the direction x/norm(x)": "기울기에 방향 x/norm(x) 값을 곱한다",
    "shares the gradient out by softmax(x)": "기울기를 softmax(x) 비율로 나누어 준다",
    "divides the gradient by r; stops it where r is 0, on whose opposite sides it has opposite signs": (
        "기울기를 r 값으로 나눈다; r 값이 0이면 양쪽의 부호가 서로 반대이므로 막는다"
    ),
    "scales the gradient by the second derivative of hypot by x": (
        "기울기에 hypot 함수를 x 쪽으로 두 번 미분한 값을 곱한다"
    ),
    "scales the gradient of x by u over r times the other's share squared": (
        "x 쪽의 기울기에, 다른 쪽 몫의 제곱에 u/r 값을 곱하여 곱한다"
    ),
    "scales the gradient of y by u over r times the other's share squared": (
        "y 쪽의 기울기에, 다른 쪽 몫의 제곱에 u/r 값을 곱하여 곱한다"
    ),
    "scales the gradient by the second derivative of hypot by x twice": (
        "기울기에 hypot 함수를 x 쪽으로 거듭 미분한 2계 도함수를 곱한다"
    ),
    "scales the gradient by the second derivative of hypot by x and y": (
        "기울기에 hypot 함수를 x 쪽과 y 쪽으로 한 번씩 미분한 값을 곱한다"
    ),
    "scales the gradient by z times the next of these derivatives": (
        "기울기에 z 값과, 이 도함수들 가운데 다음 것을 곱한다"
    ),
    "scales the gradient by the second derivative of exp between b and a": (
        "기울기에 b 값과 a 값 사이에서 exp 함수의 2계 도함수를 곱한다"
    ),
    "subtracts the gradient's mean weighted by softmax(x), then scales by softmax(x)": (
        "softmax(x) 값을 가중치로 한 기울기의 평균을 뺀 다음, softmax(x) 값을 곱한다"
    ),
    "subtracts softmax(x) times the summed gradient from the gradient": (
        "기울기에서, 기울기의 합에 softmax(x) 값을 곱한 것을 뺀다"
    ),
    "swaps: each vector gets the upstream gradient times the other": (
        "서로 맞바꾼다: 각 벡터는 상류 기울기에 다른 벡터를 곱한 것을 받는다"
    ),
    "spreads the gradient over the other rows and columns": "기울기를 다른 행과 열에 퍼뜨린다",
    "multiplies the gradient by the transposed inverse on both sides and flips its sign": (
        "기울기의 양쪽에 역행렬의 전치를 곱하고 부호를 뒤집는다"
    ),
    "scales the gradient by the transposed inverse": "기울기에 역행렬의 전치를 곱한다",
    "solves the transposed system for the gradient": "기울기를 우변으로 하여 전치한 연립방정식을 푼다",
    "scales the gradient by the second derivative of det of three rows by an entry, with a number added": (
        "기울기에, 세 행의 행렬식을 한 원소로 두 번 미분한 값을 곱하며, 수 하나를 더한다"
    ),
    "scales the gradient by the second derivative of det of four rows by an entry, with a number added": (
        "기울기에, 네 행의 행렬식을 한 원소로 두 번 미분한 값을 곱하며, 수 하나를 더한다"
    ),
    "swaps: each operand gets the contraction of the upstream gradient and the others": (
        "서로 맞바꾼다: 각 피연산자는 상류 기울기와 다른 피연산자들의 축약을 받는다"
    ),
    "sends the gradient back to the entries that it took": "꺼내 온 원소들로 기울기를 되돌려 보낸다",
    "sends each entry's gradient back to it": "각 원소의 기울기를 그 원소로 되돌려 보낸다",
    "sends each part's gradient back to it": "각 부분의 기울기를 그 부분으로 되돌려 보낸다",
    "gives the gradient the old shape again": "기울기를 원래 형상으로 되돌린다",
    "transposes the gradient": "기울기를 전치한다",
    "sums the gradient over the repetitions": "되풀이된 자리를 따라 기울기를 더한다",
    "repeats the gradient over what was summed": "더해진 자리를 따라 기울기를 되풀이한다",
    "sends the gradient of the diagonal back": "대각선의 기울기를 되돌려 보낸다",
    "takes the gradient of the entries that it placed": "놓아 둔 원소들의 기울기를 가져온다",
    "has no gradient: it is constant": "기울기가 없다: 상수이다",
    (
        "sends what is integrated at each end, counted negative at the lower one, times the gradient to that "
        "end, and the integral of its derivative by any other input times it to that one"
    ): (
        "적분 구간의 각 끝에는 그 끝에서의 피적분 함수 값에 기울기를 곱하여 보내되 아래 끝에는 음수로 "
        "보내고, 다른 입력에는 피적분 함수를 그 입력으로 미분한 것의 적분에 기울기를 곱하여 보낸다"
    ),
    (
        "sends minus the derivative of what is 0 there by any input, divided by that by the unknown, times "
        "the gradient to that input, and nothing to where it begins"
    ): (
        "근에서 0이 되는 식을 각 입력으로 미분하여 미지수로 미분한 값으로 나누고, 부호를 뒤집어 기울기에 "
        "곱해 그 입력에 보내며, 출발점에는 아무것도 보내지 않는다"
    ),
    (
        "sends minus the mixed second derivative by any input and the unknown, divided by that by the "
        "unknown, times the gradient to that input, and nothing to where it begins"
    ): (
        "각 입력과 미지수로 한 번씩 미분한 2계 도함수를 미지수로 두 번 미분한 값으로 나누고, 부호를 뒤집어 "
        "기울기에 곱해 그 입력에 보내며, 출발점에는 아무것도 보내지 않는다"
    ),
    "passes the gradient on": "기울기를 그대로 전한다",
    "sends the gradient back to that entry": "그 원소로 기울기를 되돌려 보낸다",
    "takes the gradient of the entry that it placed": "놓아 둔 원소의 기울기를 가져온다",
    "routes the gradient of each place to the entry that is there; tied ones share theirs equally": (
        "각 자리의 기울기를 그 자리에 있는 원소로 보낸다; 동점이면 똑같이 나눈다"
    ),
    "sends the gradient of each place back to the entry that is there": (
        "각 자리의 기울기를 그 자리에 있는 원소로 되돌려 보낸다"
    ),
    "takes the gradient in the order of key": "key 순서대로 기울기를 가져온다",
    "collects the gradient": "기울기를 모은다",
    "has no gradient": "기울기가 없다",
    "is only printed": "출력만 된다",
    "passes the gradient to what tells the sides apart": "양쪽을 구별하는 쪽으로 기울기를 전한다",
    "stops the gradient: `averaged` has one of its own by the radius": (
        "기울기를 막는다: `averaged` 게이트에 반지름으로 미분한 자기 기울기가 있다"
    ),
    "scales the gradient by the next coefficient of the power series": ("기울기에 거듭제곱 급수의 다음 계수를 곱한다"),
    "is linear in w": "w 값에 대해 선형이다",
    "turns the gradient into how the direction changes": "기울기를 방향의 변화로 바꾼다",
    "passes the gradient to the form without quotient of what vanishes": (
        "0이 되는 것을 나누지 않는 꼴로 기울기를 전한다"
    ),
    "stops the gradient: it only tells": "기울기를 막는다: 알려 주기만 한다",
}
CHOICES = {
    "the larger": "더 큰 값",
    "the largest": "가장 큰 값",
    "the smaller": "더 작은 값",
    "the smallest": "가장 작은 값",
    "what it returns": "결과로 나온 값",
}
SUMMARIES = {
    "the sum of the entries": "원소들의 합",
    "the mean of the entries": "원소들의 평균",
    "the product of the entries": "원소들의 곱",
    "for each entry the product of all others; with directions, its differential along them": (
        "원소마다 다른 모든 원소의 곱; 방향을 주면 그 방향으로의 미분"
    ),
    "the population variance of the entries": "원소들의 모분산",
    "the population standard deviation of the entries": "원소들의 모표준편차",
    "the smallest entry; of several arguments, the smallest entry by entry": (
        "가장 작은 원소; 인수가 여럿이면 원소마다 가장 작은 것"
    ),
    "the largest entry; of several arguments, the largest entry by entry": (
        "가장 큰 원소; 인수가 여럿이면 원소마다 가장 큰 것"
    ),
    "the Euclidean norm, without overflow": "넘침 없이 계산하는 유클리드 노름",
    "log(sum(exp(x))), without overflow": "넘침 없이 계산하는 log(sum(exp(x)))",
    "the running sum, of all entries in order or along an axis": (
        "모든 원소를 차례로, 또는 한 축을 따라 더해 가는 누적합"
    ),
    "exp(x)/sum(exp(x)) along the last axis or the given one, without overflow": (
        "마지막 축이나 주어진 축을 따라 넘침 없이 계산하는 exp(x)/sum(exp(x))"
    ),
    "x - logsumexp(x) along the last axis or the given one": (
        "마지막 축이나 주어진 축을 따라 계산하는 x - logsumexp(x)"
    ),
    "the scalar product of vectors; the matrix product of matrices": "벡터의 내적; 행렬이면 행렬 곱",
    "a times b transposed: all products of two vectors' entries": "a 곱하기 b 전치: 두 벡터의 원소끼리의 모든 곱",
    "the sum of a square matrix's diagonal": "정사각행렬의 대각선 원소의 합",
    "the determinant": "행렬식",
    "the matrix of cofactors, the derivative of det; with directions, its differential along them": (
        "여인수 행렬, 곧 행렬식의 도함수; 방향을 주면 그 방향으로의 미분"
    ),
    "the inverse of a square matrix": "정사각행렬의 역행렬",
    "log(det(a)), without overflow": "넘침 없이 계산하는 log(det(a))",
    "the x for which a @ x is b": "a @ x 값이 b 값과 같아지는 x",
    "arrays joined along an axis": "한 축을 따라 이어 붙인 배열",
    "the same entries in another shape; one length may be -1": (
        "같은 원소를 다른 형상으로 놓은 것; 길이 하나는 -1 이어도 된다"
    ),
    "the diagonal matrix of a vector, or the diagonal of a square matrix": (
        "벡터의 대각행렬, 또는 정사각행렬의 대각선"
    ),
    "the identity matrix of n rows": "n 행의 단위행렬",
    "zeros(2, 3): an array of zeros of that shape": "zeros(2, 3): 그 형상의, 0으로 채운 배열",
    "ones(2, 3): an array of ones of that shape": "ones(2, 3): 그 형상의, 1로 채운 배열",
    "count numbers from start to stop, evenly spaced": "start 값에서 stop 값까지 고르게 놓인 count 개의 수",
    "arange(stop), arange(start, stop) or arange(start, stop, step), without stop": (
        "arange(stop), arange(start, stop) 또는 arange(start, stop, step), stop 값은 빼고"
    ),
    "x[label]: the entry that a variable names along an axis, the last one as a function": (
        "x[label]: 변수가 한 축에서 가리키는 원소, 함수로는 마지막 축"
    ),
    "1 at the place that a label names along a last axis of n, 0 at the others": (
        "길이 n 인 마지막 축에서 label 값이 가리키는 자리는 1, 다른 자리는 0"
    ),
    "the entries in ascending order along the last axis or the given one": (
        "마지막 축이나 주어진 축을 따라 오름차순으로 놓은 원소들"
    ),
    "the entries in the order in which those of the key ascend; the mean of those with equal keys": (
        "key 원소의 오름차순으로 놓은 원소들; key 값이 같으면 그 평균"
    ),
    "the entries put back from the order in which those of the key ascend: the transpose of sort_by": (
        "key 원소의 오름차순에서 제자리로 되돌린 원소들: sort_by 함수의 전치"
    ),
    "the place of each entry in ascending order, from 0; tied ones have the mean of theirs": (
        "오름차순에서 각 원소의 자리, 0부터; 동점이면 그 자리들의 평균"
    ),
}
