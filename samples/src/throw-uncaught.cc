// SPDX-License-Identifier: Apache-2.0
// A program reads its settings; a value is out of range, std::map::at throws further below, a wrapper
// throws its own type, and nobody catches it.
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace shop {

class settings_error : public std::runtime_error {
	using std::runtime_error::runtime_error;
};

class settings {
public:
	explicit settings(std::map<std::string, std::string> values) : values_(std::move(values)) {}
	__attribute__((noinline)) int number(const std::string &name) const;

private:
	std::map<std::string, std::string> values_;
};

int settings::number(const std::string &name) const
{
	auto it = values_.find(name);
	if (it == values_.end())
		throw settings_error("setting '" + name + "' is missing");
	return std::atoi(it->second.c_str());
}

template <typename T> __attribute__((noinline)) T sum_of(const settings &s, const std::vector<std::string> &names)
{
	T sum{};
	for (const auto &name : names)
		sum += s.number(name);
	return sum;
}

} // namespace shop

int main()
{
	shop::settings s({ { "workers", "4" }, { "queue", "128" } });
	return static_cast<int>(shop::sum_of<long>(s, { "workers", "queue", "timeout" }));
}
