/* SPDX-License-Identifier: Apache-2.0 */
/* WANT name=SIGABRT rule=crash.pure-virtual cpp_type=- function=call */
struct shape {
	shape() { call(this); }
	virtual ~shape() {}
	virtual int area() = 0;
	static void call(shape *s);
};

__attribute__((noinline)) void shape::call(shape *s)
{
	s->area();
	__asm__ volatile("");
}

struct circle : shape {
	int area() override { return 3; }
};

int main()
{
	circle c;

	return c.area();
}
